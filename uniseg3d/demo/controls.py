"""Controls of a page as data: what each is called, what it sets, and when it makes sense."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def always(_: Any) -> bool:
    """It makes sense whatever is there."""
    return True


@dataclass(frozen=True)
class Control:
    """Sets one field of some settings; the type of the field says what it looks like."""

    field: str
    title: str
    values: tuple[Any, ...] = ()  # of a number: least, most, step; of a text: what may be chosen, () = anything
    needs: Callable[[Any], bool] = always  # of what is shown, or of what the host has
    hint: str | None = None


class ControlList:
    """Widgets that set ``settings``; ``changed`` hears the name of the field afterwards."""

    def __init__(self, gui: Any, controls: Sequence[Control], settings: Any, changed: Callable[[str], Any]) -> None:
        self.settings, self.controls = settings, controls
        self.handles = {one.field: _widget(gui, one, getattr(settings, one.field)) for one in controls}
        for one in controls:
            self._listen(one.field, changed)

    def _listen(self, name: str, changed: Callable[[str], Any]) -> None:
        @self.handles[name].on_update
        def _(_: Any) -> None:
            setattr(self.settings, name, self.handles[name].value)
            changed(name)

    def suit(self, context: Any) -> None:
        """Hide what makes no sense for ``context``."""
        for one in self.controls:
            self.handles[one.field].visible = one.needs(context)

    def put(self, name: str, value: Any) -> None:
        """Set a field from here."""
        setattr(self.settings, name, value)
        self.handles[name].value = value


def _widget(gui: Any, control: Control, value: Any) -> Any:
    if isinstance(value, bool):
        return gui.add_checkbox(control.title, value, hint=control.hint)
    if isinstance(value, str):
        if control.values:
            return gui.add_dropdown(control.title, control.values, initial_value=value, hint=control.hint)
        return gui.add_text(control.title, value, hint=control.hint)
    low, high, step = control.values
    return gui.add_slider(control.title, low, high, step, value, hint=control.hint)
