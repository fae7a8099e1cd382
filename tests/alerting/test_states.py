"""The table of states, as designed."""

from alerting.states import TRANSITIONS, State, Trigger, next_state


def test_each_state_can_be_reached_and_left() -> None:
    for state in State:
        others = [other for other in State if other is not state]
        assert any(TRANSITIONS[state].get(trigger) in others for trigger in Trigger)
        if state is not State.LEARNING:
            assert any(state in TRANSITIONS[other].values() for other in others)


def test_only_the_user_leads_back_to_learning() -> None:
    """The baseline does not change in enforce mode."""
    back = {trigger for state in State for trigger in Trigger if TRANSITIONS[state].get(trigger) is State.LEARNING}
    assert back - {Trigger.EMPTY, Trigger.REFRESHED} == {Trigger.RELEARN}
    assert all(next_state(state, Trigger.RELEARN) is State.LEARNING for state in State)


def test_a_refresh_is_legal_in_every_state_and_changes_only_a_dismissal() -> None:
    follow = {state: next_state(state, Trigger.REFRESHED) for state in State}
    assert [state for state in State if follow[state] is not state] == [State.DISMISSED]
