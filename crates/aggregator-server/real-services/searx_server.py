"""Starts Debian's searx with a small database instead of the web: searx_server.py FOLDER PORT."""

import os
import pathlib
import sqlite3
import sys

import yaml

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
pages = [
    ("Rust 1.0", "http://127.0.0.1/rust", "Rust 1.0 was released on May 15, 2015. When it was released, it was new."),
    ("Tides", "http://127.0.0.1/tides", "The tide turns every six hours."),
]
database = sqlite3.connect(folder / "pages.db")
database.execute("create table pages(title text, url text, content text)")
database.executemany("insert into pages values (?, ?, ?)", pages)
database.commit()

settings = yaml.safe_load(pathlib.Path("/usr/share/doc/searx/examples/settings.yml").read_text())
settings["general"]["debug"] = False
# An instance refuses JSON unless it is listed here.
settings["search"]["formats"] = ["html", "json"]
settings["server"].update(port=port, bind_address="127.0.0.1", secret_key=os.urandom(16).hex())
settings["ui"].update(
    static_path="/usr/share/python3-searx/static", templates_path="/usr/share/python3-searx/templates"
)
settings["plugins"] = settings["enabled_plugins"] = []
settings["engines"] = [
    {
        "name": "pages",
        "engine": "sqlite",
        "shortcut": "p",
        "categories": "general",
        "database": str(folder / "pages.db"),
        "limit": 10,
        # Any page, whatever is asked: which of them fit is not what is tried here.
        "query_str": "select title, url, content from pages where :query != ''",
    }
]
(folder / "settings.yml").write_text(yaml.safe_dump(settings))
os.environ["SEARX_SETTINGS_PATH"] = str(folder / "settings.yml")

from searx import webapp  # noqa: E402, it reads the settings when it is imported

webapp.run()
