"""Widgets at several widths on one page, in the frame of a dashboard, and a script that measures them."""

from sandbox.cli.preview_page import Size, preview

SCRIPT = """
const luminance = ([r, g, b]) => [r, g, b].map((value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = numbers(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const ratio = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const saysSomething = (element) =>
  [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
const measured = [...document.querySelectorAll(".cw-widget")].map((widget) => {
  const all = [...widget.querySelectorAll("*")];
  const shown = all.filter((each) => each.getClientRects().length > 0);
  const right = widget.getBoundingClientRect().left + widget.clientWidth;
  return {
    width: widget.clientWidth,
    needed: widget.scrollWidth,
    beyond: shown.filter((each) => each.getBoundingClientRect().right > right + 1)
      .map((each) => each.outerHTML.slice(0, 120)),
    tags: [...new Set(all.map((each) => each.tagName.toLowerCase()))].sort(),
    handlers: all.filter((each) => [...each.attributes].some((a) => a.name.startsWith("on"))).length,
    text: widget.innerText,
    contrasts: shown.filter((each) => saysSomething(each) && each.tagName !== "STYLE").map((each) => ({
      text: each.textContent.slice(0, 40),
      ratio: ratio(numbers(getComputedStyle(each).color), ground(each)),
    })),
    pictures: shown.filter((each) => each.tagName === "rect" && !each.classList.contains("eo-track"))
      .map((each) => ratio(numbers(getComputedStyle(each).fill), ground(each.ownerSVGElement))),
    font: getComputedStyle(widget.querySelector("table") || widget).fontSize,
    row: [...widget.querySelectorAll("tbody tr")].map((each) => each.getBoundingClientRect().height),
  };
});
const result = document.createElement("pre");
result.id = "measured";
result.textContent = JSON.stringify({widgets: measured, pwned: window.pwnedBy || null});
document.body.append(result);
"""
TRAP = '<script>window.pwned = (how) => { window.pwnedBy = how || "somebody"; };</script>'


def measured_page(widgets, theme):
    """``widgets``: (width, html)."""
    sized = [(Size(f"{width} px", width, 400), html) for width, html in widgets]
    page = preview(sized, theme, live=False)
    page = page.replace("<head>", f"<head>{TRAP}")
    return page.replace("</body>", f"<script>{SCRIPT}</script></body>")
