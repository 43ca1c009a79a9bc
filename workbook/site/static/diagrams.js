/* Draws the diagrams of a page with the site's own Mermaid, which is loaded when there is one. */
const here = new URL(".", import.meta.url);

const load = () =>
  (load.once ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("mermaid/mermaid.min.js", here);
    script.onload = () => resolve(window.mermaid);
    script.onerror = reject;
    document.head.append(script);
  }));

const LOOK = {
  light: { primaryColor: "#eeedfb", primaryTextColor: "#22252b", primaryBorderColor: "#5b55b5", lineColor: "#5b55b5", tertiaryColor: "#ffffff", edgeLabelBackground: "#ffffff" },
  dark: { darkMode: true, primaryColor: "#2b2a42", primaryTextColor: "#eceaf6", primaryBorderColor: "#9f99f2", lineColor: "#b3acff", tertiaryColor: "#1d1d29", tertiaryTextColor: "#eceaf6", edgeLabelBackground: "#1d1d29" },
};
let count = 0;

class Drawing {
  constructor(block) {
    this.text = block.textContent;
    this.place = document.createElement("div");
    this.place.className = "drawn";
    this.place.tabIndex = 0; // it scrolls where the window is narrow
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-label", this.text.match(/accTitle: (.*)/)?.[1] ?? "Diagram");
    block.replaceWith(this.place);
  }

  async draw() {
    const mermaid = await load();
    const look = document.body.dataset.mdColorScheme === "slate" ? LOOK.dark : LOOK.light;
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: "base", themeVariables: look, fontFamily: "inherit" });
    const { svg } = await mermaid.render(`diagram-${(count += 1)}`, this.text);
    this.place.innerHTML = svg;
  }
}

let drawings = [];
const draw = async () => {
  for (const drawing of drawings) await drawing.draw(); // Mermaid draws one at a time
};

new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
document$.subscribe(() => {
  drawings = [...document.querySelectorAll("pre.diagram")].map((block) => new Drawing(block));
  draw();
});
