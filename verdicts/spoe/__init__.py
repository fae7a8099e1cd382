"""HAProxy asks by SPOE, its protocol for agents outside (SPOP 2.0, doc/SPOE.txt of HAProxy)."""
