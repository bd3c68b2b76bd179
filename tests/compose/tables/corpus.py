"""Tables of text as programs write them, each with what stands in it: made here, so that every cell is known.

`FILES` has bytes beside the truth. The truth is what a person sees who opens the file: the names of the columns, and the
cells of the rows, without titles, remarks, blank rows, comments and headers that are repeated.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any

NAMES = ["id", "subject", "amount", "note"]
ROWS = [
    ["1", "Hello, world", "12.50", "first"],
    ["2", 'She said "no"', "7.25", "second; with a semicolon"],
    ["3", "Grüße aus Köln", "1000.00", "über\nzwei Zeilen"],
    ["4", "plain", "-3.00", ""],
]
PLAIN = [["1", "Hello", "12.50", "first"], ["2", "World", "7.25", "second"], ["3", "again", "3.10", "third one"]]
GERMAN = ["Buchungstag", "Verwendungszweck", "Betrag", "Währung"]
BANK = [
    ["01.11.2026", "Miete November, Wohnung 3", "-850,00", "EUR"],
    ["02.11.2026", "Gehalt", "2.500,00", "EUR"],
    ["03.11.2026", "Bäckerei Müller", "-4,20", "EUR"],
]


@dataclass(frozen=True)
class File:
    """A table as a program writes it, and what is in it."""

    content: bytes
    names: list[str]
    rows: list[list[str]]
    options: dict[str, Any] = field(default_factory=dict)
    """What a person says about it; nothing, as a rule."""
    suffix: str = ".csv"


def written(rows: list[list[str]], **dialect: Any) -> str:
    """Rows as csv.writer writes them."""
    target = io.StringIO()
    csv.writer(target, **{"lineterminator": "\n", **dialect}).writerows(rows)
    return target.getvalue()


def table(encoding: str = "utf-8", names: list[str] = NAMES, rows: list[list[str]] = ROWS, **dialect: Any) -> File:
    """A table with a header, by csv.writer."""
    return File(written([names, *rows], **dialect).encode(encoding), names, rows)


def text(content: str, names: list[str], rows: list[list[str]], encoding: str = "utf-8", **options: Any) -> File:
    """A table as text."""
    return File(content.encode(encoding), names, rows, options)


def columns(count: int) -> list[str]:
    """The names that columns without a header get."""
    return [f"column_{number}" for number in range(1, count + 1)]


QUOTED: dict[str, Any] = {"quoting": csv.QUOTE_ALL}
DOS: dict[str, Any] = {"lineterminator": "\r\n"}
P = written([NAMES, *PLAIN])
S = written([NAMES, *PLAIN], delimiter=";")
T = written([NAMES, *PLAIN], delimiter="\t")
B = written([GERMAN, *BANK], delimiter=";")
TEXTS = [["good", "I like it a lot"], ["bad", "The worst thing, really"], ["good", "Fine."]]
OLD = [["1", "Müller hört Löwen"], ["2", "Bäume müssen größer sein"], ["3", "Schön für früher"]]
FRENCH = [["1", "café crème à emporter"], ["2", "élève très gênée"], ["3", "naïveté à l’époque"]]

FILES: dict[str, File] = {
    # Spreadsheets
    "Excel: CSV UTF-8": table("utf-8-sig", **DOS),
    "Excel: CSV in Western Europe": table("cp1252", **DOS),
    "Excel: CSV with semicolons": table("cp1252", delimiter=";", **DOS),
    "Excel: Unicode text": table("utf-16", delimiter="\t", **DOS),
    "Excel: CSV (MS-DOS)": table("cp850", names=["id", "text"], rows=OLD, delimiter=";", **DOS),
    "Excel: CSV (Macintosh)": table("mac_roman", names=["id", "text"], rows=OLD, delimiter=";", lineterminator="\r"),
    "Excel: French, MS-DOS": table("cp850", names=["id", "texte"], rows=[[*row[:1], row[1].replace("’", " ")] for row in FRENCH]),
    "Excel: French, Windows": table("cp1252", names=["id", "texte"], rows=FRENCH, delimiter=";", **DOS),
    "Excel: Polish, Windows": table("cp1250", names=["id", "text"], rows=[[str(i), "Zażółć gęślą jaźń, proszę"] for i in range(20)], **DOS),
    "Excel: Russian, Windows": table("cp1251", names=["id", "text"], rows=[[str(i), "Привет, это обычное письмо"] for i in range(20)], **DOS),
    "Excel: Japanese, Windows": table("cp932", names=["id", "text"], rows=[[str(i), "これは日本語のテキストです"] for i in range(20)], **DOS),
    "Excel: sep=;": text("sep=;\r\n" + S.replace("\n", "\r\n"), NAMES, PLAIN),
    "Excel: sep=, in quotation marks": text('"sep=,"\n' + P, NAMES, PLAIN),
    "Excel: sep= and a tab": text("sep=\t\n" + T, NAMES, PLAIN),
    "Excel: SEP= in UTF-16": text("SEP=|\r\n" + written([NAMES, *PLAIN], delimiter="|", **DOS), NAMES, PLAIN, "utf-16"),
    "Excel: rows of nothing at the end": text(P + ",,,\n" * 50, NAMES, PLAIN),
    "Excel: columns of nothing at the end": text("".join(f"{line},,,\n" for line in P.splitlines()) + ",,,,,,\n", NAMES, PLAIN),
    "Excel: rows of nothing in between": text(P.replace("2,World", ",,,\n\n , ,,\n2,World"), NAMES, PLAIN),
    "Excel: titles above": text("Quarterly report,,,\nMade by sales,,,\n,,,\n" + P, NAMES, PLAIN),
    "LibreOffice: all quoted": table(**QUOTED),
    "LibreOffice: tabs": table(delimiter="\t"),
    "LibreOffice: quoted text only": table(quoting=csv.QUOTE_NONNUMERIC),
    "LibreOffice: single quotation marks": text("'id','subject','n'\n'1','Hello, world','5'\n'2','it''s','6'\n", ["id", "subject", "n"], [["1", "Hello, world", "5"], ["2", "it's", "6"]]),
    "Numbers: table name above": text("Table 1,,,\n" + P, NAMES, PLAIN),
    "Numbers: semicolons and decimal commas": text("id;price;qty\n1;2,50;3\n2;3,75;4\n3;0,99;5\n", ["id", "price", "qty"], [["1", "2,50", "3"], ["2", "3,75", "4"], ["3", "0,99", "5"]]),
    "Google Forms": text('"Timestamp","How satisfied are you with the answers that you got, all in all?","Any other comments?"\n"2026/11/01 9:30:12 AM GMT+1","5","Great, thanks"\n"2026/11/02 10:00:01 AM GMT+1","3",""\n', ["Timestamp", "How satisfied are you with the answers that you got, all in all?", "Any other comments?"], [["2026/11/01 9:30:12 AM GMT+1", "5", "Great, thanks"], ["2026/11/02 10:00:01 AM GMT+1", "3", ""]]),
    # Programs for data
    "pandas: with the index": text(",subject,label\n0,good,a\n1,bad,b\n2,so so,a\n", ["column_1", "subject", "label"], [["0", "good", "a"], ["1", "bad", "b"], ["2", "so so", "a"]]),
    "pandas: an index of texts": text(",text,score\nx1,one thing,1.5\nx2,another,2.5\n", ["column_1", "text", "score"], [["x1", "one thing", "1.5"], ["x2", "another", "2.5"]]),
    "pandas: unnamed columns": text("Unnamed: 0,a,b\n0,x,1.0\n1,y,\n", ["Unnamed: 0", "a", "b"], [["0", "x", "1.0"], ["1", "y", ""]]),
    "pandas: without a header": text("0,good thing,1.5\n1,bad thing,2.5\n", columns(3), [["0", "good thing", "1.5"], ["1", "bad thing", "2.5"]]),
    "pandas: two columns of one name": text("id,text,text\n1,a,b\n2,c,d\n", ["id", "text", "text_3"], [["1", "a", "b"], ["2", "c", "d"]]),
    "pandas: years as columns": text("country,2019,2020\nDE,1.5,2.5\nFR,3.5,4.5\n", ["country", "2019", "2020"], [["DE", "1.5", "2.5"], ["FR", "3.5", "4.5"]]),
    "R: write.csv": text('"","text","score"\n"1","good",1\n"2","bad, really",NA\n', ["column_1", "text", "score"], [["1", "good", "1"], ["2", "bad, really", "NA"]]),
    "R: write.csv2": text('"";"text";"score"\n"1";"good";1,5\n"2";"bad";2,25\n', ["column_1", "text", "score"], [["1", "good", "1,5"], ["2", "bad", "2,25"]]),
    "R: write.table": text('"text" "score" "kind"\n"1" "good one" 1 "a"\n"2" "bad" 2.5 "b"\n', ["column_1", "text", "score", "kind"], [["1", "good one", "1", "a"], ["2", "bad", "2.5", "b"]]),
    "R: write.table with tabs": text('"text"\t"score"\t"kind"\n"1"\t"good one"\t1\t"a"\n"2"\t"bad"\t2.5\t"b"\n', ["column_1", "text", "score", "kind"], [["1", "good one", "1", "a"], ["2", "bad", "2.5", "b"]]),
    "polars: dates and flags": text("when,ok,text\n2026-01-01,true,one\n2026-01-02,false,two\n", ["when", "ok", "text"], [["2026-01-01", "true", "one"], ["2026-01-02", "false", "two"]]),
    "Spark: backslashes": text('id,text\n1,"He said \\"no\\", twice"\n2,"a \\\\ b"\n3,plain\n', ["id", "text"], [["1", 'He said "no", twice'], ["2", "a \\ b"], ["3", "plain"]]),
    "JSON in cells": text(written([["id", "data"], ["1", json.dumps({"a": [1, 2], "b": 'x;"y"'})], ["2", json.dumps({"c": None})]]), ["id", "data"], [["1", json.dumps({"a": [1, 2], "b": 'x;"y"'})], ["2", json.dumps({"c": None})]]),
    # Databases
    "mysql --batch": text('id\tsubject\n1\tShe said "no" to it\n2\t"quoted" at first\n3\tplain\n', ["id", "subject"], [["1", 'She said "no" to it'], ["2", '"quoted" at first'], ["3", "plain"]]),
    "MySQL: into outfile": text('"1","a \\"b\\" c",\\N\n"2","d, e",5\n"3","f",6\n', columns(3), [["1", 'a "b" c', ""], ["2", "d, e", "5"], ["3", "f", "6"]]),
    "psql: aligned": text(" id | subject  | price \n----+----------+-------\n  1 | Hello    |  1.50\n  2 | World, a | 12.00\n(2 rows)\n\n", ["id", "subject", "price"], [["1", "Hello", "1.50"], ["2", "World, a", "12.00"]]),
    "psql: two remarks": text(" id | subject \n----+---------\n  1 | a\n  2 | b\n(2 rows)\nTime: 3.1 ms\n", ["id", "subject"], [["1", "a"], ["2", "b"]]),
    "mysql: a box": text("+----+---------+\n| id | subject |\n+----+---------+\n|  1 | Hello, a |\n|  2 | World   |\n+----+---------+\n2 rows in set (0.00 sec)\n", ["id", "subject"], [["1", "Hello, a"], ["2", "World"]]),
    "markdown": text("| id | subject |\n|----|---------|\n| 1 | Hello, a |\n| 2 | World |\n", ["id", "subject"], [["1", "Hello, a"], ["2", "World"]]),
    "VCF": text("##fileformat=VCFv4.2\n##source=x\n#CHROM\tPOS\tREF\n1\t100\tA\n1\t200\tC\n", ["#CHROM", "POS", "REF"], [["1", "100", "A"], ["1", "200", "C"]]),
    "Qualtrics": text('StartDate,EndDate,Q1\nStart Date,End Date,"How was it, really?"\n"{""ImportId"":""startDate""}","{""ImportId"":""endDate""}","{""ImportId"":""QID1""}"\n2026-01-01,2026-01-02,fine\n2026-01-02,2026-01-03,bad\n', ["StartDate", "EndDate", "Q1"], [["2026-01-01", "2026-01-02", "fine"], ["2026-01-02", "2026-01-03", "bad"]]),
    "tables put one behind the other": text("id,subject\n1,a\n2,b\nID,Subject\n3,c\n", ["id", "subject"], [["1", "a"], ["2", "b"], ["3", "c"]]),
    "psql: --csv": text("id,subject,price\n1,Hello,1.50\n2,,12.00\n", ["id", "subject", "price"], [["1", "Hello", "1.50"], ["2", "", "12.00"]]),
    "psql: unaligned": text("id|subject|price\n1|Hello|1.50\n2|World|12.00\n(2 rows)\n", ["id", "subject", "price"], [["1", "Hello", "1.50"], ["2", "World", "12.00"]]),
    "sqlcmd": text("id,subject,price\n--,-------,-----\n1,Hello,1.50\n2,World,12.00\n\n(2 rows affected)\n", ["id", "subject", "price"], [["1", "Hello", "1.50"], ["2", "World", "12.00"]]),
    "SSMS": text("1,Hello,1.50\r\n2,World,12.00\r\n\r\n(2 rows affected)\r\n\r\nCompletion time: 2026-11-01T10:00:00\r\n", columns(3), [["1", "Hello", "1.50"], ["2", "World", "12.00"]]),
    "Oracle: spooled": text("ID;SUBJECT;PRICE\n1;Hello;1,50\n2;World;12,00\n\n2 rows selected.\n", ["ID", "SUBJECT", "PRICE"], [["1", "Hello", "1,50"], ["2", "World", "12,00"]]),
    "SQLite: list mode": text("id|subject|n\n1|Hello, world|5\n2|a;b|6\n", ["id", "subject", "n"], [["1", "Hello, world", "5"], ["2", "a;b", "6"]]),
    "Hive": text("1\x01Hello\x0112.5\n2\x01World\x017.5\n", columns(3), [["1", "Hello", "12.5"], ["2", "World", "7.5"]]),
    "a database with carets": text("id^subject^n\n1^Hello, world^5\n2^again^6\n", ["id", "subject", "n"], [["1", "Hello, world", "5"], ["2", "again", "6"]]),
    "a database with tildes": text("id~subject~n\n1~Hello, world~5\n2~again~6\n", ["id", "subject", "n"], [["1", "Hello, world", "5"], ["2", "again", "6"]]),
    # Banks and shops
    "bank: titles above": text("Kontoauszug\nKonto;DE00 1234\nZeitraum;01.11.2026 - 30.11.2026\n\n" + B, GERMAN, BANK, "cp1252"),
    "bank: quoted titles above": text('"Umsätze Girokonto";"Zeitraum: 30 Tage";\n"Neuer Kontostand";"1.234,56 EUR";\n\n' + written([[*GERMAN, ""], *[[*row, ""] for row in BANK]], delimiter=";", **QUOTED), GERMAN, BANK, "iso-8859-15"),
    "bank: a balance below": text(B + "\nKontostand;1.645,80\n", GERMAN, BANK),
    "bank: a total below": text("Date,Description,Amount,Balance\n2026-11-01,Coffee,-3.20,96.80\n2026-11-02,Rent,-50.00,46.80\nTotal,,,46.80\n".replace("Total,,,46.80\n", "\nTotal rows: 2\n"), ["Date", "Description", "Amount", "Balance"], [["2026-11-01", "Coffee", "-3.20", "96.80"], ["2026-11-02", "Rent", "-50.00", "46.80"]]),
    "bank: a delimiter at each end": text("".join(line + ";\n" for line in B.splitlines()), GERMAN, BANK),
    "PayPal": text('"Date","Time","Name","Gross"\n"1/11/2026","10:15:02","Jane ""JD"" Doe","1,234.50"\n"2/11/2026","11:00:00","Bob","-5.00"\n', ["Date", "Time", "Name", "Gross"], [["1/11/2026", "10:15:02", 'Jane "JD" Doe', "1,234.50"], ["2/11/2026", "11:00:00", "Bob", "-5.00"]], "utf-8-sig"),
    "a survey that was exported": text("Survey export\nExported: 2026-11-01\n\n" + P, NAMES, PLAIN),
    "a survey with line breaks in its questions": text('id,"What is good?\nTell us",score\n1,"all\n\nof it",5\n2,nothing,1\n', ["id", "What is good?\nTell us", "score"], [["1", "all\n\nof it", "5"], ["2", "nothing", "1"]]),
    "a tool that ends with its name": text(P + "\nGenerated by CRM 4.2\n", NAMES, PLAIN),
    # Comments
    "comments above": text("# made by a sensor\n# unit: V\n" + P, NAMES, PLAIN),
    "comments above and between": text("# made by a sensor\n#\n" + P.replace("2,World", "# a break, here\n2,World"), NAMES, PLAIN),
    "a header with a hash": text("#id,subject,n\n1,a,2\n2,b,3\n", ["#id", "subject", "n"], [["1", "a", "2"], ["2", "b", "3"]]),
    "comments with another sign": text("; made by hand\n" + T, NAMES, PLAIN, comment=";"),
    "lines that a person counts": text("one, two\nthree, four\n" + P, NAMES, PLAIN, skip=2),
    # Put together and broken
    "two files put together": text(P + P, NAMES, PLAIN + PLAIN),
    "two files with marks put together": text("\ufeff" + S + S, NAMES, PLAIN + PLAIN),
    "a NUL-free DOS end": text(P.replace("\n", "\r\n") + "\x1a", NAMES, PLAIN),
    "a DOS end without a line of its own": text(P.rstrip("\n") + "\x1a", NAMES, PLAIN),
    "a DOS end that fills a block": text(P + "\x1a" * 60, NAMES, PLAIN),
    "mixed line ends": text(P.replace("\n", "\r\n", 1).replace("first\n", "first\r"), NAMES, PLAIN),
    "line ends doubled": text(P.replace("\n", "\r\r\n"), NAMES, PLAIN),
    "old Mac line ends": text(P.replace("\n", "\r"), NAMES, PLAIN),
    "no last line end": text(P.rstrip("\n"), NAMES, PLAIN),
    "UTF-16 without a mark": table("utf-16-le", rows=PLAIN, delimiter=";"),
    "UTF-16, big end first": File(b"\xfe\xff" + written([NAMES, *ROWS], delimiter="\t").encode("utf-16-be"), NAMES, ROWS),
    "UTF-32": table("utf-32"),
    "a blank before quotation marks": text('id, subject\n1, "Hello, world"\n2, "b"\n3, c\n', ["id", "subject"], [["1", "Hello, world"], ["2", "b"], ["3", "c"]]),
    "blanks before quotation marks, semicolons": text('id;  name;  n\n1;  "a;b";  5\n2;  "c";  6\n', ["id", "name", "n"], [["1", "a;b", "5"], ["2", "c", "6"]]),
    # Headers and no headers
    "one column of texts": text("text\nHello, world\nGood bye, moon\nand so on\n", ["text"], [["Hello, world"], ["Good bye, moon"], ["and so on"]]),
    "one column of words": text("name\nanna\nhannah\nana\n", ["name"], [["anna"], ["hannah"], ["ana"]]),
    "one column of sentences without a header": text("I like it.\nIt is bad.\nSo so.\n", columns(1), [["I like it."], ["It is bad."], ["So so."]]),
    "texts without a header": text(written(TEXTS), columns(2), TEXTS),
    "texts with a header": text(written([["label", "text"], *TEXTS]), ["label", "text"], TEXTS),
    "a header of codes": text("ticket,channel\nT-1001,web form\nT-1002,mail\nT-1003,phone call\n", ["ticket", "channel"], [["T-1001", "web form"], ["T-1002", "mail"], ["T-1003", "phone call"]]),
    "addresses without a header": text("a@example.com,Hello there\nb@example.com,Good bye\n", columns(2), [["a@example.com", "Hello there"], ["b@example.com", "Good bye"]]),
    "dates without a header": text("2026-01-01,hello\n2026-01-02,bye\n", columns(2), [["2026-01-01", "hello"], ["2026-01-02", "bye"]]),
    "German umlauts in the header": table("cp1252", names=["Größe", "Länge", "Maß"], rows=[["klein", "1,5", "cm"], ["groß", "2,5", "cm"]], delimiter=";"),
    "a header alone": text("id,text\n", ["id", "text"], []),
    "times in cells": text("start;end;what\n10:00;11:30;call, long\n12:00;12:30;lunch\n", ["start", "end", "what"], [["10:00", "11:30", "call, long"], ["12:00", "12:30", "lunch"]]),
    "bars in cells": text("id,tags\n1,a|b|c\n2,d|e|f\n", ["id", "tags"], [["1", "a|b|c"], ["2", "d|e|f"]]),
    "semicolons in cells": text('id,text\n1,"a;b;c"\n2,"d;e;f"\n', ["id", "text"], [["1", "a;b;c"], ["2", "d;e;f"]]),
    "commas between semicolons": text("id;text\n1;a, b, c\n2;d, e, f\n", ["id", "text"], [["1", "a, b, c"], ["2", "d, e, f"]]),
    "a web address in each row": text("url\ttext\nhttps://a.example/?x=1,2;3\tone\nhttps://b.example/\ttwo\n", ["url", "text"], [["https://a.example/?x=1,2;3", "one"], ["https://b.example/", "two"]]),
    "a wide table": text(written([[f"c{i}" for i in range(60)], *[[str(i * j) for i in range(60)] for j in range(3)]]), [f"c{i}" for i in range(60)], [[str(i * j) for i in range(60)] for j in range(3)]),
}  # fmt: skip
