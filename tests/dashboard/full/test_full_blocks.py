"""The page of `b`: who is blocked, why, and lifting one."""

from full_desk import Ledger, burst
from full_driver import Driven, drive
from records import finding

from blocking.block_list import BlockList, Terms
from blocking.exempt import Exempt

CLIENTS = ("203.0.113.7", "203.0.113.8")


def blocking() -> Ledger:
    ledger = burst()
    ledger.blocks = BlockList(Terms(dry_run=False), Exempt([]))
    for client in CLIENTS:
        ledger.blocks.found(finding(time=ledger.now - 100, client=client, severity="high", rule="path_scan"))
    return ledger


def test_the_page_lists_blocks_with_their_reasons_and_lifts_the_selected_one() -> None:
    ledger = blocking()

    async def scenario(user: Driven) -> None:
        assert "blocked 2" in user.text()
        await user.press("b")
        lines = user.lines()
        assert lines[0].strip().startswith("Blocked (nft)   2 now   2 since the start")
        assert [line.split()[0] for line in lines[2:4]] == [*reversed(CLIENTS)]
        assert "8 min 20 s left" in lines[2]
        assert any("Rule" in line and "path_scan (high)" in line for line in lines)
        await user.press("j", "L")
        assert "no longer blocked: 203.0.113.7" in user.text()
        assert ledger.blocks is not None
        assert [block.network for block in ledger.blocks.blocks] == ["203.0.113.8"]
        await user.press("L")
        assert "nobody is blocked" in user.text()
        await user.press("L", "q")
        assert user.main is not None

    drive(scenario, ledger)


def test_a_selected_client_becomes_the_filter() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("b", "f")
        assert "client=203.0.113.8" in user.app.state.filter_text

    drive(scenario, blocking())


def test_without_blocking_the_key_names_the_option() -> None:
    async def scenario(user: Driven) -> None:
        await user.press("b")
        assert "restart with --block" in user.text()
        assert user.main is not None

    drive(scenario)
