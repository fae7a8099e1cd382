"""What the proxy reads again at SIGHUP: its certificates, and the rules of its agent. Each is used by a `RuleFiles`."""

from typing import TYPE_CHECKING, Any

from cli.arguments import Arguments
from exercise_config import Config, SettingError
from proxy.certificates import Certificates
from run.proxy_keeper import Keeper
from run.proxy_settings import routes
from run.rule_files import OpenFile
from run.waf_rules import loaded_prefilter, wanted_limits
from verdicts.routes import ENFORCE

if TYPE_CHECKING:
    from run.proxy_agent import TendedAgent


class CertificateRenewal:
    """Offers what the keeper reads, from the second time on: the first time, the proxy has just been made."""

    def __init__(self, keeper: Keeper, proxy: Any, config: Config) -> None:
        self._keeper = keeper
        self._proxy = proxy
        self._config = config
        self._made = False

    def use(self, open_file: OpenFile) -> str:
        """See `run.rule_files.Use`."""
        if not self._made:
            self._made = True
            return "certificates will be read again at SIGHUP"
        try:
            found = self._keeper.certificates()
            self._proxy.offer(offer(found, self._config))
        except (ValueError, OSError) as error:
            raise SettingError(f"certificates: {error}") from None
        return f"{len(found.pairs)} {'certificate' if len(found.pairs) == 1 else 'certificates'} will be offered"


class RuleRenewal:
    """Has the agent load its rules again, and the proxy ask it only about requests that they may match."""

    def __init__(self, arguments: Arguments, config: Config, proxy: Any, agent: "TendedAgent") -> None:
        self._rules = tuple(filter(None, arguments.crs or ()))
        self._config = config
        self._proxy = proxy
        self._agent = agent
        self._made = False

    def use(self, open_file: OpenFile) -> str:
        """See `run.rule_files.Use`."""
        if self._made:
            self._agent.reload()
        self._made = True
        prefilter = loaded_prefilter(self._rules, wanted_limits(self._config))
        self._proxy.ask_after(prefilter.core if prefilter is not None else None)
        asked = "requests that they cannot match are passed on at once"
        if prefilter is None or prefilter.unbounded:
            asked = "all requests go to them, some 100 to 400 per second: see docs/waf.md, Live"
        refuses = any(route.mode == ENFORCE for route in routes(self._config))
        return f"rules of --crs: {asked}" + ("" if refuses else "; nothing is refused, because no route says enforce")


def offer(found: Certificates, config: Config) -> tuple[Any, ...] | None:
    """Return what clients are offered, as the core takes it; None without certificates."""
    if not found.pairs:
        return None
    needs = bool(found.client_authorities) and not config.proxy_client_optional
    return list(found.pairs), found.client_authorities, needs, config.proxy_tls12, config.proxy_http2
