"""The program ``zcp`` as a subprocess, driven by keyword arguments."""

from __future__ import annotations

import csv
import gzip
import io
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import Any, Iterable, Optional

from . import _torch

#: Options that take tables.
_TABLES = {"scores", "truth", "costs", "encodings"}

#: The option that names the key column of a table, where it has one of its own.
_KEYS = {"scores": "key_scores", "truth": "key_truth", "encodings": "key_encodings"}

#: Options that are given once for each value; others take a list with commas.
_REPEATED = {
    "arch", "model", "max", "min", "bins", "range", "scores", "scores_of", "truth", "fix",
    "forbid", "prefer", "task_data", "sbatch"}

#: A bar or a line of progress, as the program draws them.
_PROGRESS = re.compile(r"^(\S.*?)(?: \[[=> ]*\]|:) (\d+)/(\d+) \((\d+)%\)(.*)$")


def path() -> str:
    """The program that the package brings along; ZCP_PROGRAM names another."""
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "zcp")
    return os.environ.get("ZCP_PROGRAM", own)


def _environment() -> dict:
    environment = dict(os.environ)
    environment.setdefault("ZCP_TORCH_LIB", _torch.library_folder())
    return environment


class Files:
    """Temporary files of one call: tables that go in, tables that come out."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zcp-")
        self._count = 0
        self.labels: dict = {}  #: file -> the argument that it was written of

    def __enter__(self) -> "Files":
        return self

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()

    def new(self, ending: str, stem: str = "") -> str:
        """A path; with ``stem``, which pages show, that is the file's name."""
        self._count += 1
        if not stem:
            return os.path.join(self._folder.name, f"{self._count}{ending}")
        folder = os.path.join(self._folder.name, str(self._count))
        os.mkdir(folder)
        return os.path.join(folder, stem + ending)

    def of_frame(self, frame: Any, key: str = "arch", stem: str = "") -> str:
        """A DataFrame as a CSV whose first column names the architectures."""
        name = self.new(".csv", stem)
        if frame.index.nlevels > 1:
            if key not in frame.index.names:
                raise ValueError(
                    f"a table is indexed by {list(frame.index.names)}, expected {key!r} among them"
                )
            frame = frame.reset_index()
        has_key = key in getattr(frame, "columns", ())
        if not has_key:
            frame = frame.rename_axis(index=key)
        frame.to_csv(name, index=not has_key, float_format="%.17g")
        return name

    def of_lines(self, lines: Iterable[str]) -> str:
        name = self.new(".txt")
        with open(name, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        return name


def is_frame(value: Any) -> bool:
    """Whether it is a DataFrame or a Series, without importing pandas for it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def _text_of(value: Any, files: Files, key: str, option: str) -> str:
    if is_frame(value):
        frame = value if hasattr(value, "columns") else value.to_frame()
        return files.of_frame(frame, key, option)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def arguments_of(options: dict, files: Files) -> list:
    """Command line of keyword arguments: ``batch_size=4`` is ``--batch-size 4``,
    True a flag, None and False nothing, a list its values with commas, a dict
    ``NAME=VALUE`` each or, of a table, its columns, a DataFrame the file that it is
    written to."""
    words = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        key = _KEYS.get(name, "key")
        column = options.get(key) or options.get("key") or "arch"
        if value is None or value is False:
            continue

        def text_of(one: Any, name: str = name, column: str = column) -> str:
            text = _text_of(one, files, column, name)
            if is_frame(one):
                files.labels[text] = name
            return text

        if value is True:
            words.append(option)
        elif isinstance(value, dict) and name in _TABLES:
            import pandas

            words += [option, text_of(pandas.DataFrame(value))]
        elif isinstance(value, dict):
            for left, right in value.items():
                words += [option, f"{left}={text_of(right)}"]
        elif isinstance(value, (list, tuple, set)):
            texts = [text_of(one) for one in value]
            if name in _REPEATED:
                for text in texts:
                    words += [option, text]
            else:
                words += [option, ",".join(texts)]
        else:
            words += [option, text_of(value)]
    return words


@dataclass
class Result:
    """What a run of the program left."""

    status: int
    out: str
    lines: list  #: of standard error, without progress

    @property
    def last(self) -> str:
        """The last line of standard error, without the program's name."""
        text = self.lines[-1] if self.lines else f"the program ended with status {self.status}"
        return text[len("zcp: "):] if text.startswith("zcp: ") else text


class _Display:
    """Shows what the program says on standard error while it runs: as it is in a
    terminal, as a bar of HTML in a notebook, else as plain lines."""

    def __init__(self, quiet: bool, labels: Optional[dict] = None) -> None:
        self.quiet = quiet
        self.labels = labels or {}
        self.in_notebook = "ipykernel" in sys.modules and not sys.stderr.isatty()
        self.in_terminal = sys.stderr.isatty()
        self.lines: list = []
        self._text = ""
        self._handle: Any = None

    def _named(self, text: str) -> str:
        """Temporary files by the arguments that they were written of."""
        for file, label in self.labels.items():
            text = text.replace(file, label)
        return text

    def feed(self, text: str) -> None:
        if self.in_terminal and not self.quiet:
            sys.stderr.write(self._named(text))
            sys.stderr.flush()
        self._text += text.replace("\x1b[K", "")
        *whole, self._text = re.split(r"[\r\n]+", self._text)
        for line in whole:
            self._line(line)
        if self.in_notebook and _PROGRESS.match(self._text):
            self._line(self._text)

    def finish(self) -> None:
        if self._text:
            self._line(self._text)
        self._text = ""

    def _line(self, line: str) -> None:
        line = self._named(line)
        progress = _PROGRESS.match(line)
        if progress is None and line.strip():
            self.lines.append(line)
        if self.quiet or self.in_terminal or not line.strip():
            return
        if self.in_notebook and progress is not None:
            self._bar(*progress.groups())
        else:
            print(line, file=sys.stderr)

    def _bar(self, label: str, done: str, total: str, share: str, rest: str) -> None:
        from IPython.display import HTML, display

        page = HTML(
            f"{label} <progress value='{done}' max='{total}'></progress> "
            f"{done}/{total} ({share}%){rest}"
        )
        if self._handle is None:
            self._handle = display(page, display_id=True)
        else:
            self._handle.update(page)


def _pump(descriptor: int, display: _Display) -> None:
    """Feeds the display until the program closes its end."""
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        while True:
            try:
                piece = stream.read(4096)
            except OSError:  # a terminal whose other end is closed
                break
            if not piece:
                break
            display.feed(piece.decode("utf-8", "replace"))
    display.finish()


def _wait(process: subprocess.Popen, out: list) -> None:
    """Until it has ended; an interrupt is handed on, and raised afterwards."""
    reader = threading.Thread(target=lambda: out.append(process.stdout.read()))
    reader.start()
    interrupted = False
    while True:
        try:
            reader.join()
            process.wait()
            break
        except KeyboardInterrupt:
            process.send_signal(signal.SIGKILL if interrupted else signal.SIGINT)
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt


def run(words: list, quiet: bool = False, labels: Optional[dict] = None) -> Result:
    """Runs ``zcp WORDS...``; ``labels`` say what temporary files are called. Raises
    ValueError with the last line of what it said where it was used wrongly (status
    2), KeyboardInterrupt after Ctrl-C."""
    display = _Display(quiet, labels)
    if display.in_terminal or display.in_notebook:
        ours, theirs = pty.openpty()
    else:
        ours, theirs = os.pipe()
    try:
        process = subprocess.Popen(
            [path(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            env=_environment(),
            start_new_session=True,  # Ctrl-C reaches it once, through us
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    pump = threading.Thread(target=_pump, args=(ours, display))
    pump.start()
    out: list = []
    try:
        _wait(process, out)
    finally:
        pump.join()
        process.stdout.close()
    result = Result(process.returncode, out[0] if out else "", display.lines)
    if result.status == 2:
        raise ValueError(result.last)
    return result


def call(command: str, options: dict, files: Files) -> Result:
    """Runs a command with keyword arguments; ``quiet`` is one of them.
    Raises RuntimeError where it failed without a result."""
    words = [command, *arguments_of(options, files)]
    return run(words, bool(options.get("quiet")), files.labels)


def require_done(result: Result) -> None:
    """Raises RuntimeError with its last words where the program failed."""
    if result.status != 0:
        raise RuntimeError(result.last)


def read_table(name: Any, index: str = "arch") -> Any:
    """A CSV as a DataFrame, in every form that the program takes: with comments in
    front (``#``), separated by commas, semicolons or tabs, with decimal commas, in
    UTF-16, packed by gzip. Every digit is kept, and specs are texts: 00101211 is one."""
    import pandas

    text = name.read() if hasattr(name, "read") else _text_of_file(name)
    text = re.sub(r"\A(?i:sep=.\n)?(?:(?:#[^\n]*)?\n)*", "", text.replace("\r\n", "\n"))
    if not text.strip():
        raise ValueError(f"{_shown(name)}: the file is empty, expected a CSV")
    separator = _separator_of(text, index)
    how = dict(sep=separator, skipinitialspace=True, na_values=_MISSING)
    numbers = dict(float_precision="round_trip", converters={index: str.strip}, **how)
    try:
        frame = pandas.read_csv(io.StringIO(text), **numbers)
        if separator != "," and _has_decimal_commas(
                pandas.read_csv(io.StringIO(text), dtype=str, **how)):
            frame = pandas.read_csv(io.StringIO(text), decimal=",", **numbers)
    except pandas.errors.ParserError as error:
        raise ValueError(f"{_shown(name)}: {str(error).strip()}") from None
    return frame.set_index(index) if index in frame.columns else frame


#: What pandas does not know for a missing number.
_MISSING = ["None", "none", "NONE", "na", "NAN", "Null", "#na", "#n/a"]


def _shown(name: Any) -> str:
    return "the table" if hasattr(name, "read") else os.fspath(name)


def _text_of_file(name: Any) -> str:
    with open(name, "rb") as file:
        data = file.read()
    if os.fspath(name).endswith(".gz"):
        data = gzip.decompress(data)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(name)}: {error}; expected a CSV in UTF-8") from None


def _separator_of(text: str, index: str) -> str:
    """The first of comma, semicolon and tab by which the header has the index."""
    for separator in ",;\t":
        header = next(csv.reader([text.partition("\n")[0]], delimiter=separator), [])
        if index in (field.strip() for field in header):
            return separator
    return ","


def _has_decimal_commas(texts: Any) -> bool:
    """Whether commas are decimal ones: one of them can be nothing else, and no number
    has a point."""
    def holds(pattern: str) -> bool:
        return any(column.str.fullmatch(pattern, na=False).any() for _, column in texts.items())

    if holds(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?"):
        return False
    thousands = r"[1-9]\d{0,2},\d{3}"
    return holds(rf"[+-]?(?!{thousands}$)\d+,\d+(?:[eE][+-]?\d+)?")


def write_table(frame: Any, path: Any) -> None:
    """Writes a DataFrame as the program writes its tables; what is there is replaced
    as a whole, and only where it is a table of zcp. Raises ValueError where it is
    somebody else's file, or where none can be written."""
    check_table(path)
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        frame.to_csv(temporary, float_format="%.17g")
        os.replace(temporary, target)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def check_table(path: Any) -> None:
    """Raises ValueError where write_table() would."""
    name = os.fspath(path)
    folder = os.path.dirname(os.path.realpath(name))
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        raise ValueError(f"csv: {name} cannot be written: {folder} is no folder that can be written to")
    if not os.path.lexists(name):
        return
    if not os.path.isfile(name):
        raise ValueError(f"csv: {name} is no file; give the output another name")
    with open(name, "rb") as file:
        start = file.read(4096)
    if start and not start.startswith((b"arch,", b"arch\n", b"# zcp ")):
        raise ValueError(
            f"csv: {name} is there and is no table that zcp has written, it would be lost; give "
            "the output another name, or remove it")
