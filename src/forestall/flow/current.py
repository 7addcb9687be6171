"""What can change a result, named with its version as it is now."""

from collections.abc import Mapping, Sequence

from forestall.flow.asking import Asking
from forestall.flow.crisis import Crises
from forestall.flow.rulebook import Rulebook, Standing
from forestall.flow.screen import Versions
from forestall.model.crisis import Crisis
from forestall.model.ports import Detector, Library, ThreadDetector
from forestall.policy.facts import NO_CRISIS


class Current:
    """Names all versions: those of banks, lists, rules and a crisis change while the house stands, the `named` ones do not.

    Calling it gives the same object until one of them changes.
    """

    def __init__(
        self,
        named: Mapping[str, str],
        rulebook: Rulebook,
        detectors: Sequence[Detector | ThreadDetector],
        library: Library,
        asking: Asking,
        *,
        crises: Crises,
    ) -> None:
        self._named = named
        self._rulebook = rulebook
        self._detectors = detectors
        self._library = library
        self._asking = asking
        self._crises = crises
        self._latest: tuple[Mapping[str, str], Mapping[str, str], Standing, Crisis | None, Versions] | None = None

    def __call__(self) -> Versions:
        """Give the versions as they are now; raises BadPolicy where the promoted ruleset does not hold together."""
        banks, listed, standing = self._library.versions(), self._asking.lists.versions(), self._rulebook.standing
        crisis = self._crises.now
        latest = self._latest
        if (
            latest is None
            or latest[0] is not banks
            or latest[1] is not listed
            or latest[2] is not standing
            or latest[3] is not crisis
        ):
            looking = {f"detector:{detector.name}": detector.version for detector in self._detectors}
            declared = {"crisis": crisis.id} if crisis else {}
            names = {**self._named, **standing.names, **looking, **banks, **listed, **declared}
            asked = self._asking.asked(standing.ruleset)
            versions = Versions(names, standing.ruleset, asked, crisis.kind if crisis else NO_CRISIS)
            latest = (banks, listed, standing, crisis, versions)
            self._latest = latest
        return latest[4]
