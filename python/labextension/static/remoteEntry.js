// Highlighting of the DaSS language in JupyterLab, as a module-federation container written by hand: the page offers
// its own modules in a share scope, and the container offers one plugin. So no build step and no Node are needed.
(() => {
  "use strict";

  const WORDS = new URL("words.json", document.currentScript.src);
  const PYTHON = new Set(
    ("and as assert async await break class continue def del elif else except False finally for from global if " +
      "import in is lambda None nonlocal not or pass raise return True try while with yield").split(" "));
  let scope;

  // A module that JupyterLab shares, whatever its version.
  async function shared(name) {
    const versions = scope[name];
    if (!versions) throw new Error(`JupyterLab does not share ${name}`);
    return (await Object.values(versions)[0].get())();
  }

  function escaped(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }

  function parser(words) {
    const kinds = new Map();
    const add = (list, kind) => list.forEach(word => kinds.set(word, kinds.get(word) ?? kind));
    add(words.constants, "atom");
    add(words.connectives, "operatorKeyword");
    // JupyterLab's themes have no colour of their own for names of types.
    add(words.nouns, "def");
    add(words.commands, "builtin");
    add(words.clauses, "keyword");
    const units = [...words.units].sort((a, b) => b.length - a.length).map(escaped).join("|");
    const number = new RegExp(`^-?\\d[\\d_]*(\\.\\d[\\d_]*)?(e[+-]?\\d+)?(${units})?(?![A-Za-z])`);

    function statement(stream) {
      if (stream.eatSpace()) return null;
      if (stream.match(/^#.*/)) return "comment";
      if (stream.match(/^"(\\.|[^"\\])*"?/) || stream.match(/^'(\\.|[^'\\])*'?/)) return "string";
      if (stream.match(number)) return "number";
      // `train SPACE on DATASET`: a clause where something follows, otherwise the value.
      const before = stream.string.slice(0, stream.pos);
      if (/[^=[(,<>\s]\s+$/.test(before) && stream.match(/^on(?=[ \t]+[A-Za-z_])/)) return "keyword";
      const word = stream.match(/^[A-Za-z_]\w*(-\w+)*/);
      // What is bound is a name, whatever the word means elsewhere.
      if (word && stream.match(/^\s*=(?!=)/, false)) return "variableName";
      if (word) return kinds.get(word[0]) ?? "variableName";
      if (stream.match(/^(\.\.|[<>=!]=|[<>=])/)) return "operator";
      stream.next();
      return null;
    }

    function python(stream, state) {
      if (state.quote) {
        const end = stream.match(state.quote === '"""' ? /^.*?"""/ : /^.*?'''/);
        if (end) state.quote = null;
        else stream.skipToEnd();
        return "string";
      }
      if (stream.eatSpace()) return null;
      if (stream.match(/^#.*/)) return "comment";
      const open = stream.match(/^[rbfuRBFU]{0,2}("""|''')/);
      if (open) {
        state.quote = open[1];
        return "string";
      }
      if (stream.match(/^[rbfuRBFU]{0,2}("(\\.|[^"\\])*"?|'(\\.|[^'\\])*'?)/)) return "string";
      if (stream.match(/^(0[xXbBoO][\da-fA-F_]+|\d[\d_]*(\.\d*)?([eE][+-]?\d+)?j?|\.\d+)/)) return "number";
      const word = stream.match(/^[^\W\d]\w*/u);
      if (word) return PYTHON.has(word[0]) ? "keyword" : "variableName";
      if (stream.match(/^@[\w.]+/)) return "meta";
      if (stream.match(/^[-+*/%=<>!&|^~:]+/)) return "operator";
      stream.next();
      return null;
    }

    return {
      name: "dass",
      startState: () => ({ isStart: true, isPython: false, quote: null }),
      copyState: state => ({ ...state }),
      token(stream, state) {
        if (state.isStart && stream.match(/^\s*%%\w*/)) {
          state.isStart = false;
          state.isPython = stream.current().trim() === "%%python";
          return "meta";
        }
        if (!/^\s*$/.test(stream.string)) state.isStart = false;
        return state.isPython ? python(stream, state) : statement(stream);
      },
      languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", '"', "'"] } },
    };
  }

  async function plugin() {
    const { IEditorLanguageRegistry } = await shared("@jupyterlab/codemirror");
    return {
      id: "dass-highlight:language",
      description: "Highlighting of the DaSS language.",
      autoStart: true,
      requires: [IEditorLanguageRegistry],
      activate(app, registry) {
        registry.addLanguage({
          name: "dass",
          displayName: "DaSS",
          mime: "text/x-dass",
          extensions: ["dass"],
          async load() {
            const { LanguageSupport, StreamLanguage } = await shared("@codemirror/language");
            const words = await (await fetch(WORDS)).json();
            return new LanguageSupport(StreamLanguage.define(parser(words)));
          },
        });
        app.docRegistry.addFileType({
          name: "dass",
          displayName: "DaSS file",
          mimeTypes: ["text/x-dass"],
          extensions: [".dass"],
          contentType: "file",
          fileFormat: "text",
        });
      },
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["dass-highlight"] = {
    init(shareScope) {
      scope = shareScope;
    },
    async get(module) {
      if (module !== "./extension") throw new Error(`dass-highlight has no module ${module}`);
      const extension = { __esModule: true, default: await plugin() };
      return () => extension;
    },
  };
})();
