/* Python in a worker of its own: the page stays alive, and Stop can end whatever runs here. */
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = new URL(".", import.meta.url);
const say = (step, text) => postMessage({ progress: { step, text } });

const start = async () => {
  say(1, "Loading Python");
  const bundle = fetch(new URL("python.zip", here)); // both downloads at once
  const python = await loadPyodide({ indexURL: new URL("pyodide/", here).href });
  say(2, "Loading SQLAlchemy and pytest");
  const answer = await bundle;
  if (!answer.ok) throw new Error(`python.zip: the server answered ${answer.status}`);
  python.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/workbook" });
  say(3, "Starting them");
  python.runPython("import sys; sys.path.insert(0, '/workbook')");
  return python.pyimport("workbook.site.page").answer;
};

let ready;

onmessage = async ({ data: { id, order } }) => {
  try {
    ready ??= start();
    const answer = await ready;
    say(4, "Running");
    postMessage({ id, reply: JSON.parse(answer(JSON.stringify(order))) });
  } catch (error) {
    postMessage({ id, failed: String(error.message || error) });
  }
};
