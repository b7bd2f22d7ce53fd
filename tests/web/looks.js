/**
 * What a person would call broken in the page as it stands: something wider than the window, text that is cut off
 * without saying so, text that leaves its cell. Answers a list of sentences.
 */
() => {
  const faults = [];
  const name = (element) =>
    `<${element.tagName.toLowerCase()}> "${(element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const page = document.scrollingElement;
  if (page.scrollWidth > window.innerWidth + 1) faults.push(`the page is ${page.scrollWidth} px wide`);

  for (const element of document.body.querySelectorAll("*")) {
    if (!(element instanceof HTMLElement) || !shown(element) || element.closest(".visually-hidden, [aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const ownText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    // An ellipsis says that there is more; text that only ends does not.
    const cut = element.scrollWidth > element.clientWidth + 1 && style.overflowX === "hidden" && style.textOverflow !== "ellipsis";
    if (ownText && cut && style.clipPath === "none" && style.display !== "inline") faults.push(`${name(element)} is cut off`);
    if (element.matches("td, th, button, a") && ownText) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const text = range.getBoundingClientRect();
      const scrolls = element.closest("[data-scrolls]") !== null;
      if (!scrolls && (text.right > box.right + 2 || text.left < box.left - 2) && style.position !== "static") {
        faults.push(`${name(element)} leaves its place by ${Math.round(text.right - box.right)} px`);
      }
    }
    if (element.matches("td, th")) {
      for (const inner of element.querySelectorAll("*")) {
        if (!(inner instanceof HTMLElement) || !shown(inner) || inner.closest(".visually-hidden")) continue;
        if (getComputedStyle(inner).position === "absolute" || inner.closest(".clip") !== null) continue;
        const part = inner.getBoundingClientRect();
        if (part.width > 0 && part.right > box.right + 2) faults.push(`${name(inner)} leaves its cell by ${Math.round(part.right - box.right)} px`);
      }
    }
    // Beyond the window, and not in something that scrolls by itself.
    if (ownText && box.right > window.innerWidth + 1 && !scrolling(element)) faults.push(`${name(element)} is outside of the window`);
  }
  for (const table of document.querySelectorAll("table")) {
    const around = table.parentElement;
    if (around.scrollWidth > around.clientWidth + 1) faults.push(`the table "${table.ariaLabel}" is wider than its place`);
  }
  return [...new Set(faults)];

  function scrolling(element) {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX) && at !== document.body) return true;
    }
    return false;
  }
};
