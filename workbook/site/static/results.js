/* A verdict as elements. Text of learners and databases is only ever text here. */

export const element = (name, settings = {}, ...children) => {
  const { dataset, role, ariaLabel, ...rest } = settings;
  const made = Object.assign(document.createElement(name), rest);
  Object.assign(made.dataset, dataset);
  if (role) made.setAttribute("role", role);
  if (ariaLabel) made.setAttribute("aria-label", ariaLabel);
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
};

const MARKS = {
  passed: ["\u2713", "passed"],
  failed: ["\u2717", "failed"],
  blocked: ["\u00b7", "not checked yet"],
  next: ["\u2192", "do this next"],
  open: ["\u25cb", "to do"],
};

const mark = (kind) => {
  const [sign, said] = MARKS[kind];
  return element("span", { className: `mark ${kind}` },
    element("span", { textContent: sign, ariaHidden: "true" }),
    element("span", { className: "said", textContent: `${said}: ` }));
};

const name = (path) => path.split(/[\\/]/).pop();

/* Everything that a run answered, as a list of elements. */
export const results = (reply, { jump, film }) => {
  if (reply.error) return [element("pre", { textContent: reply.error, tabIndex: 0 })];
  const { verdict } = reply;
  const tests = [...verdict.guards, ...verdict.tasks.flatMap((task) => task.tests)];
  const cause = tests.find((test) => test.name === reply.cause);
  const tools = { jump, film };
  return [
    score(verdict),
    cause ? failure(cause, verdict, reply.current, tools) : success(),
    element("ul", { className: "tasks" }, ...verdict.tasks.map((task) => row(task, reply, tools))),
    element("details", { className: "plain" },
      element("summary", { textContent: "The same as text, as a terminal shows it" }),
      element("pre", { textContent: reply.text, tabIndex: 0 })),
  ];
};

const score = ({ score: { earned, possible }, duration_s: seconds }) =>
  element("p", { className: "score" },
    element("meter", { min: 0, max: possible, value: earned, ariaLabel: "Green tasks" }),
    element("span", { textContent: `${earned} of ${possible} tasks, ${seconds.toFixed(1)} s` }));

const success = () =>
  element("div", { className: "card good" },
    element("h3", { textContent: "Passed" }),
    element("p", {}, "Every task is green. ",
      element("a", { href: "#compare", textContent: "Compare with the solution" }), ", then go on."));

const failure = (test, verdict, current, tools) => {
  const readable = !["syntax", "import"].includes(test.reason);
  const todo = readable && verdict.tasks.find((task) => task.label === current);
  return element("div", { className: "card bad" },
    element("h3", { textContent: readable ? test.name : "Your file cannot be used yet" }),
    readable && test.cost ? element("p", { className: "cost", textContent: test.cost }) : null,
    element("pre", { textContent: test.message, tabIndex: 0 }),
    test.place ? element("p", {}, line(name(test.place.file), test.place.line, tools.jump)) : null,
    misconception(test),
    todo ? next(todo, tools.jump) : null,
    readable ? sent(test, tools) : null);
};

const misconception = ({ recognised, message }) =>
  recognised && element("div", { className: "answered" },
    message.includes(recognised.evidence) ? null : element("p", { className: "evidence", textContent: `${recognised.evidence}.` }),
    element("p", { textContent: recognised.says }),
    element("a", { href: `#${recognised.section}`, textContent: "Read more" }));

const next = (task, jump) =>
  element("p", { className: "next" },
    element("b", { textContent: `Next: ${task.label} ` }), `${task.todo}. `,
    task.place ? line(name(task.place.file), task.place.line, jump) : null, " ",
    element("a", { href: "#hints", textContent: "Hints" }));

const line = (file, number, jump) =>
  element("button", { type: "button", className: "line", textContent: `${file}:${number}`, onclick: () => jump(file, number) });

const row = (task, reply, tools) => {
  const kind = task.outcome === "failed" && task.untouched
    ? (task.label === reply.current ? "next" : "open") : task.outcome;
  const summary = element("summary", {}, mark(kind), element("b", { textContent: task.label }), ` ${task.name}`);
  return element("li", {}, element("details", { className: "task" }, summary,
    ...task.tests.map((test) => one(test, tools))));
};

const one = (test, tools) =>
  element("div", { className: "test" },
    element("p", {}, mark(test.outcome), element("code", { textContent: test.name })),
    test.message ? element("pre", { textContent: test.message, tabIndex: 0 }) : null,
    test.outcome === "blocked" ? null : sent(test, tools));

/* What the test sent, with the learner's lines; and the film, which runs the test once more. */
const sent = (test, { jump, film }) => {
  const place = element("div", { className: "films" });
  const button = element("button", { type: "button", textContent: "Watch this test step by step", onclick: () => film(test.name, place) });
  const entries = test.statements.map((entry) => statement(entry, jump));
  const list = entries.length
    ? element("ol", { className: "sent", ariaLabel: "What your lines sent to the database" }, ...entries)
    : element("p", { className: "none", textContent: "Your lines sent nothing to the database." });
  return element("div", {}, list, button, place);
};

const statement = (entry, jump) => {
  const text = entry.text?.replace(/\s+/g, " ") ?? [entry.detail, entry.name].filter(Boolean).join(" ");
  const [frame] = entry.frames;
  return element("li", { className: entry.type === "statement" ? "statement" : "event" },
    element("b", { textContent: entry.kind }), " ",
    element("code", { textContent: text.startsWith(entry.kind) ? text.slice(entry.kind.length).trim() : text }), " ",
    entry.relationship ? element("span", { className: "why", textContent: `${entry.cause} of ${entry.relationship}` }) : null,
    entry.error ? element("span", { className: "why wrong", textContent: String(entry.error) }) : null,
    frame ? line(name(frame.path), frame.line, jump) : null);
};

/* Films are HTML that the lens has escaped; they hold no script. */
export const films = (texts) =>
  texts.map((text) => {
    const place = element("div");
    place.innerHTML = text;
    return place;
  });
