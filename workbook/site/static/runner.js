/* A lesson that runs in the page. Python is loaded by the first Run, and by nothing else. */
import { Python, Stopped } from "./python.js";
import { element, results, films } from "./results.js";

const here = new URL(".", import.meta.url);
const LARGEST = 200_000; // characters: a file of a lesson has 2,000
const SLOW = 10_000; // milliseconds after which we say that Stop exists

class Runner extends HTMLElement {
  async connectedCallback() {
    if (this.python) return; // moved, not made
    this.lesson = this.dataset.lesson;
    this.python = new Python(new URL("worker.js", here));
    this.files = [...this.querySelectorAll(".file")].map((figure) => new File(this, figure));
    this.build();
    const { editor } = await import("./editor.js");
    for (const file of this.files) file.edit(editor);
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.python?.end();
  }

  build() {
    const button = (text, act, about) =>
      element("button", { type: "button", textContent: text, title: about, onclick: act });
    this.runButton = button("Run the tests", () => this.run(), "Ctrl+Enter");
    this.runButton.classList.add("main");
    this.stopButton = button("Stop", () => this.stop(), "End what is running");
    this.stopButton.disabled = true;
    this.status = element("p", { className: "status", role: "status" });
    this.progress = element("progress", { max: 4, hidden: true, ariaLabel: "Getting ready" });
    this.answer = element("div", { className: "answer" });
    const keys = element("p", {
      className: "keys",
      textContent: "Ctrl+Enter runs. Tab indents; Escape, then Tab leaves the editor. Your changes stay in this browser.",
    });
    const bar = element("div", { className: "bar" }, this.runButton, this.stopButton, this.progress, this.status);
    this.append(keys, bar, this.answer);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation();
      this.run();
    }, { capture: true });
  }

  say(text) {
    this.status.textContent = text;
  }

  async run() {
    const reply = await this.ask({ kind: "run" });
    if (!reply) return;
    const passed = reply.verdict?.score.earned;
    this.say(reply.error ? "The tests could not be run." : `${passed} of ${reply.verdict.score.possible} tasks are green.`);
    const film = async (test, place) => {
      const shown = await this.ask({ kind: "film", test });
      if (!shown) return;
      this.say(shown.films.length ? "The film of the test is ready." : "This test has no Session to film.");
      place.replaceChildren(...films(shown.films));
    };
    this.answer.replaceChildren(...results(reply, { jump: (name, line) => this.jump(name, line), film }));
  }

  /* One order at a time; nothing comes back when it was stopped or failed. */
  async ask(order) {
    if (!this.stopButton.disabled) return null;
    const files = Object.fromEntries(this.files.map((file) => [file.name, file.text]));
    this.busy(true);
    const slow = setTimeout(() => this.say("Still running. Stop ends it."), SLOW + (this.python.ready ? 0 : 60_000));
    try {
      return await this.python.ask({ lesson: this.lesson, files, ...order }, ({ step, text }) => {
        this.progress.value = step;
        this.progress.hidden = step > 3;
        this.say(`${text} …`);
      });
    } catch (error) {
      const stopped = error instanceof Stopped;
      this.say(stopped ? "Stopped. The next run starts Python again." : `Python could not be started: ${error.message}. Check the network, then run again.`);
      return null;
    } finally {
      clearTimeout(slow);
      this.busy(false);
    }
  }

  busy(is) {
    this.runButton.disabled = is;
    this.stopButton.disabled = !is;
    if (!is) this.progress.hidden = true;
    this.toggleAttribute("aria-busy", is);
  }

  stop() {
    this.python.end();
  }

  jump(name, line) {
    (this.files.find((file) => file.name === name) ?? this.files[0]).jump(line);
  }
}

/* One file of the learner. What differs from the starter is kept in this browser. */
class File {
  constructor(runner, figure) {
    this.runner = runner;
    this.figure = figure;
    this.name = figure.dataset.file;
    this.starter = figure.querySelector("code").textContent;
    this.key = `workbook:${here.pathname}:${runner.lesson}:${this.name}`;
    this.text = this.kept() ?? this.starter;
  }

  edit(editor) {
    const changed = (text) => {
      this.text = text;
      this.keep();
    };
    const label = `${this.name} of lesson ${this.runner.lesson}`;
    this.view = editor(this.text, label, changed);
    this.figure.querySelector(".highlight").replaceWith(this.view.dom);
    this.figure.querySelector("figcaption").append(this.tools());
  }

  tools() {
    const button = (textContent, onclick) => element("button", { type: "button", textContent, onclick });
    const chosen = element("input", { type: "file", accept: ".py,text/x-python", hidden: true });
    chosen.addEventListener("change", () => this.upload(chosen));
    this.undo = button("Undo", () => this.put(this.before));
    this.undo.hidden = true;
    return element("span", { className: "tools" },
      this.undo,
      button("Reset", () => this.put(this.starter, "The starter is back. Undo brings your text back.")),
      button("Download", () => this.download()),
      button("Upload", () => chosen.click()),
      chosen);
  }

  put(text, said = "") {
    this.before = this.text;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.undo.hidden = this.before === text;
    this.runner.say(said);
  }

  download() {
    const url = URL.createObjectURL(new Blob([this.text], { type: "text/x-python" }));
    element("a", { href: url, download: this.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async upload(input) {
    const [chosen] = input.files;
    input.value = "";
    if (!chosen) return;
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer());
      if (text.length > LARGEST || text.includes("\0")) throw new RangeError("size");
      this.put(text.replaceAll("\r\n", "\n"), `${chosen.name} is in the editor now.`);
    } catch {
      this.runner.say(`${chosen.name} is no Python file of a lesson: it must be UTF-8 text below 200 kB.`);
    }
  }

  jump(line) {
    const { doc } = this.view.state;
    const { from } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    this.view.focus();
  }

  kept() {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null; // a browser may forbid it; the lesson works without
    }
  }

  keep() {
    try {
      if (this.text === this.starter) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, this.text);
    } catch {
      this.runner.say("This browser does not keep your changes; download the file.");
    }
  }
}

customElements.get("workbook-runner") ?? customElements.define("workbook-runner", Runner);
