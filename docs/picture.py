"""The picture of an edition: the sample night's mail, as a reader sees it, in `docs/edition.png`.

    python docs/picture.py [--demo DIR]

Makes the demo's edition, or takes that of a folder where `newsfold demo --out DIR` made one, and has headless Chromium
show the mail's HTML. Nothing is drawn by hand. Needs Chromium and, without `--demo`, the embedded model.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from pipeline.demo import DemoOptions, run_demo
from pipeline.progress import QUIET

PICTURE = Path(__file__).with_name("edition.png")
WIDTH, HEIGHT = 720, 1000
"""In pixels: the mail's whole width, and as much of it as tells how it goes on."""
LARGEST = 150_000
"""Bytes that the picture may have: everyone who looks at the project loads it."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def mail_of(demo: Path) -> str:
    """The HTML of the latest edition's mail in a demo's outbox."""
    path = max((demo / "outbox").glob("*/*.eml"))
    message = message_from_bytes(path.read_bytes(), policy=default)
    part = message.get_body(("html",))
    if part is None:
        sys.exit(f"{path}: has no HTML part")
    return str(part.get_content())


def shoot(page: str, picture: Path, browser: str) -> None:
    """A picture of the top of an HTML page."""
    with tempfile.TemporaryDirectory() as folder:
        shown, taken = Path(folder) / "mail.html", Path(folder) / "mail.png"
        shown.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}"]
        command += ["--blink-settings=preferredColorScheme=1", f"--screenshot={taken}", shown.as_uri()]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed words
        shutil.copyfile(taken, picture)


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, help="the folder of a demo that has been made")
    chosen = parser.parse_args()
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        sys.exit(f"needs Chromium: none of {', '.join(NAMES)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        demo = chosen.demo or Path(folder)
        if chosen.demo is None:
            run_demo(DemoOptions(demo), QUIET)
        shoot(mail_of(demo), PICTURE, browser)
    size = PICTURE.stat().st_size
    if size > LARGEST:
        sys.exit(f"{PICTURE}: {size} bytes are more than {LARGEST}; lower HEIGHT")


if __name__ == "__main__":
    main()
