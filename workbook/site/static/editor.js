/* CodeMirror as this site uses it. Its colours come from the page: see `.tok-…` in site.css. */
import { basicSetup, EditorView } from "./editor/codemirror.js";
import { indentWithTab } from "./editor/codemirror-commands.js";
import { python } from "./editor/codemirror-lang-python.js";
import { indentUnit, syntaxHighlighting } from "./editor/codemirror-language.js";
import { keymap } from "./editor/codemirror-view.js";
import { classHighlighter } from "./editor/lezer-highlight.js";

export const editor = (doc, label, changed) =>
  new EditorView({
    doc,
    extensions: [
      basicSetup,
      keymap.of([indentWithTab]),
      python(),
      indentUnit.of("    "),
      syntaxHighlighting(classHighlighter),
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed(update.state.doc.toString());
      }),
    ],
  });
