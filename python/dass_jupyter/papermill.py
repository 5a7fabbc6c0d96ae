"""Parameters of papermill as statements of the language."""

import math
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class DassTranslator(Translator):
    @classmethod
    def translate_none(cls, value):
        return "none"

    @classmethod
    def translate_str(cls, value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'

    @classmethod
    def translate_float(cls, value):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number of the language")
        return repr(value)

    @classmethod
    def translate_list(cls, value):
        return f"[{', '.join(cls.translate(element) for element in value)}]"

    @classmethod
    def comment(cls, text):
        return f"# {text}".strip()

    @classmethod
    def inspect(cls, cell):
        """What `papermill --help-notebook` lists: `name = value  # help` of every line."""
        found = []
        for line in cell["source"].splitlines():
            # A `#` inside a text starts no comment.
            match = re.fullmatch(
                r"\s*([A-Za-z_][\w-]*)\s*=\s*((?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^#\"'])+?)\s*(?:#\s*(.*))?", line)
            if match:
                found.append(Parameter(match[1], "None", match[2].strip(), match[3] or ""))
        return found


class DassEngine(NBClientEngine):
    """papermill's own engine. It is here because papermill loads engines, and loading it registers the translator."""


papermill_translators.register("dass", DassTranslator)
