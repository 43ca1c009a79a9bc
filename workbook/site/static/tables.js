/* The theme wraps wide tables into boxes that scroll; a keyboard must be able to reach them. */
const reach = () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Table");
  }
};

document$.subscribe(() => {
  reach();
  new MutationObserver(reach).observe(document.querySelector("main"), { childList: true, subtree: true });
});
