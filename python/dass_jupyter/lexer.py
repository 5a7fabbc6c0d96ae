"""The DaSS language for Pygments, and with it for nbconvert and the console."""

import json
import re
from importlib import resources

from pygments.lexer import RegexLexer, bygroups, default, using, words
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

WORDS = json.loads(resources.files(__package__).joinpath("words.json").read_text())


def whole(kind):
    """The words of a kind; a name may go on after a dash."""
    return words(WORDS[kind], prefix=r"(?<![\w-])", suffix=r"(?!-?\w)")


class DassLexer(RegexLexer):
    name = "DaSS"
    aliases = ["dass"]
    filenames = ["*.dass"]
    mimetypes = ["text/x-dass"]

    _unit = "|".join(re.escape(unit) for unit in sorted(WORDS["units"], key=len, reverse=True))
    tokens = {
        "root": [
            # A whole cell in Python.
            (r"(\s*%%python)([^\n]*\n?)((?:.|\n)*)", bygroups(Keyword.Namespace, Text, using(PythonLexer))),
            default("statements"),
        ],
        "statements": [
            (r"\s+", Whitespace),
            (r"#[^\n]*", Comment.Single),
            (r"\\", Punctuation),
            (r'"(?:\\.|[^"\\\n])*"?', String.Double),
            (r"'(?:\\.|[^'\\\n])*'?", String.Single),
            (rf"-?\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?(?:{_unit})?(?![A-Za-z])", Number),
            (r"\.\.|[<>=!]=|[<>=]", Operator),
            (r"[\[\](),]", Punctuation),
            # What is bound is a name, whatever the word means elsewhere.
            (r"[A-Za-z_]\w*(?:-\w+)*(?=\s*=(?!=))", Name.Variable),
            # `train SPACE on DATASET`: a clause where something follows, otherwise the value.
            (r"(?<=\s)(?<![=\[(,<>]\s)on(?=[ \t]+[A-Za-z_])", Keyword),
            (whole("constants"), Keyword.Constant),
            (whole("connectives"), Operator.Word),
            (whole("nouns"), Keyword.Type),
            (whole("commands"), Name.Builtin),
            (whole("clauses"), Keyword),
            (r"[A-Za-z_]\w*(?:-\w+)*", Name),
            (r".", Text),
        ],
    }
