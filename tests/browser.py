"""Pages in headless Chromium: how wide they are and how well their words can be read, in both schemes and any width."""

import html
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCHEMES = ("light", "dark")

# Every frame holds one page at one width in one scheme. Of each text the contrast with the ground behind it is taken,
# as WCAG 2 defines it; what is not shown is left out.
_MEASURE = """
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
const numbers = text => text.match(/[\\d.]+/g).map(Number);
function ground(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const found = numbers(view.getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] > 0) return found;
  }
  return [255, 255, 255];
}
function measured(frame) {
  const view = frame.contentWindow, page = frame.contentDocument, seen = {worst: 99, text: "", texts: 0};
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    const style = view.getComputedStyle(element), box = element.getBoundingClientRect();
    const drawn = element.namespaceURI.endsWith("svg");
    if (!text || ["STYLE", "SCRIPT", "title", "desc"].includes(element.tagName) || box.width < 1 || box.height < 1
        || style.visibility === "hidden" || style.display === "none") continue;
    const pair = [luminance(numbers(drawn ? style.fill : style.color)), luminance(ground(element, view))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    seen.texts += 1;
    if (contrast < seen.worst) { seen.worst = contrast; seen.text = text.slice(0, 80); }
  }
  return {page: frame.dataset.page, scheme: frame.dataset.scheme, width: view.innerWidth,
          content: page.documentElement.scrollWidth, isDark: view.matchMedia("(prefers-color-scheme: dark)").matches,
          ...seen};
}
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(measured);
  document.body.textContent = JSON.stringify(found);
});
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """One page as it was shown: `width` given, `content` needed, and its least readable text of `texts` in all."""

    page: str
    scheme: str
    width: int
    content: int
    isDark: bool  # noqa: N815 - as the script names it
    worst: float
    text: str
    texts: int


def seen(pages: Mapping[str, str], widths: Sequence[int], folder: Path) -> list[Sight]:
    """Each page, given as HTML by name, in every width and scheme; `folder` takes what the browser reads and writes."""
    frames = "".join(
        f'<iframe data-page="{html.escape(name)}" data-scheme="{scheme}" srcdoc="{html.escape(page)}"'
        f' style="border: 0; height: 800px; width: {width}px; color-scheme: {scheme}"></iframe>'
        for name, page in pages.items()
        for scheme in SCHEMES
        for width in widths
    )
    harness = folder / "harness.html"
    harness.write_text(f"<!doctype html><body>{frames}<script>{_MEASURE}</script></body>", encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom", harness.as_uri(),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(html.unescape(done.stdout.partition("<body>")[2].partition("</body>")[0]))
    return [Sight(**sight) for sight in found]
