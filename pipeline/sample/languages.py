"""The words and sentences of the captions, per language.

The vocabulary is small on purpose: in a few thousand captions nearly every two neighbours should occur three times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.sample.scenes import COLOURS, PLACES, SHAPES, SIZES, TEXTURES


class Noun(NamedTuple):
    """A shape's singular and plural, its article, and the ending that it gives to adjectives."""

    one: str
    many: str
    article: str
    ending: str = ""


@dataclass(frozen=True)
class Language:
    """A language's words for a scene's things, and its sentences for each kind of scene.

    Sentences have the fields {a} and {b} (a thing in its colour), {big} (a thing with its size too), {many} (copies),
    {place} and {ground}. Things are made of {article}, {size}, {colour} (or {Colour}, with a capital), {noun} and
    {ending}.
    """

    weight: int  # relative frequency of captions in this language
    nouns: dict[str, Noun]
    colours: dict[str, str]
    textures: dict[str, str]
    sizes: dict[str, str]
    places: dict[str, str]
    numbers: dict[int, str]
    thing: str
    many: str
    ground: str
    sentences: dict[str, tuple[str, ...]]


def _table(names: tuple[str, ...] | dict[str, float] | dict[str, tuple[float, float]], words: str) -> dict[str, str]:
    """`words`, separated by commas, in the order of `names`."""
    return dict(zip(names, words.split(", "), strict=True))


def _nouns(one: str, many: str, articles: str, endings: str = "") -> dict[str, Noun]:
    """A noun for every shape, in the order of `SHAPES`."""
    columns = [words.split() for words in (one, many, articles)]
    columns.append(endings.split() or [""] * len(SHAPES))
    return {shape: Noun(*row) for shape, row in zip(SHAPES, zip(*columns, strict=True), strict=True)}


ENGLISH = Language(
    weight=52,
    nouns=_nouns(
        one="circle square triangle star heart arrow cross moon house tree fish flower",
        many="circles squares triangles stars hearts arrows crosses moons houses trees fish flowers",
        articles="a a a a a a a a a a a a",
    ),
    colours=_table(COLOURS, "red, yellow, green, blue, purple, brown, black, white"),
    textures=_table(TEXTURES, "stripes, waves, dots, checks, clouds"),
    sizes=_table(SIZES, "big, small"),
    places=_table(
        PLACES,
        "in the middle, at the top, at the bottom, on the left, on the right, in the top left corner, "
        "in the top right corner, in the bottom left corner, in the bottom right corner",
    ),
    numbers={2: "two", 3: "three", 4: "four"},
    thing="{article} {size} {colour} {noun}",
    many="{number} {colour} {noun}",
    ground="{colour} {texture}",
    sentences={
        "alone": (
            "{a}",
            "{a} {place}",
            "{big} {place}",
            "{big} on {ground}",
            "{a} {place} on {ground}",
            "picture of {a} with {ground} behind it",
            "there is {big} {place}",
        ),
        "row": (
            "{many} in a row",
            "{many} side by side on {ground}",
            "picture of {many} with {ground} behind them",
            "there are {many} on {ground}",
        ),
        "column": (
            "{many} in a column",
            "{many} below each other on {ground}",
            "picture of {many} with {ground} behind them",
            "there are {many} on {ground}",
        ),
        "beside": (
            "{a} to the left of {b}",
            "{b} to the right of {a}",
            "{a} and {b} on {ground}",
            "{a} on the left and {b} on the right",
            "picture of {a} beside {b}",
        ),
        "above": (
            "{a} above {b}",
            "{b} below {a}",
            "{a} and {b} on {ground}",
            "{a} at the top and {b} at the bottom",
            "picture of {a} over {b}",
        ),
    },
)

GERMAN = Language(
    weight=26,
    nouns=_nouns(
        one="Kreis Quadrat Dreieck Stern Herz Pfeil Kreuz Mond Haus Baum Fisch Blume",
        many="Kreise Quadrate Dreiecke Sterne Herzen Pfeile Kreuze Monde Häuser Bäume Fische Blumen",
        articles="ein ein ein ein ein ein ein ein ein ein ein eine",
        endings="er es es er es er es er es er er e",
    ),
    colours=_table(COLOURS, "rot, gelb, grün, blau, violett, braun, schwarz, weiß"),
    textures=_table(TEXTURES, "Streifen, Wellen, Punkten, Karos, Wolken"),
    sizes=_table(SIZES, "groß{ending}, klein{ending}"),
    places=_table(
        PLACES,
        "in der Mitte, oben, unten, links, rechts, oben links, oben rechts, unten links, unten rechts",
    ),
    numbers={2: "zwei", 3: "drei", 4: "vier"},
    thing="{article} {size} {colour}{ending} {noun}",
    many="{number} {noun} in {Colour}",
    ground="{colour}en {texture}",
    sentences={
        "alone": ("{place} {a} auf {ground}", "Bild: {big} auf {ground}", "{place} {big}", "{a}, {place}"),
        "row": ("{many} in einer Reihe", "{many} nebeneinander auf {ground}", "Bild: {many} auf {ground}"),
        "column": ("{many} in einer Spalte", "{many} untereinander auf {ground}", "Bild: {many} auf {ground}"),
        "beside": ("links {a}, rechts {b}", "rechts {b}, links {a}", "Bild: {a} und {b} auf {ground}"),
        "above": ("oben {a}, unten {b}", "unten {b}, oben {a}", "Bild: {a} und {b} auf {ground}"),
    },
)

SPANISH = Language(
    weight=12,
    nouns=_nouns(
        one="círculo cuadrado triángulo estrella corazón flecha cruz luna casa árbol pez flor",
        many="círculos cuadrados triángulos estrellas corazones flechas cruces lunas casas árboles peces flores",
        articles="un un un una un una una una una un un una",
    ),
    colours=_table(COLOURS, "rojo, amarillo, verde, azul, morado, marrón, negro, blanco"),
    textures=_table(TEXTURES, "rayas, ondas, puntos, cuadros, nubes"),
    sizes=_table(SIZES, "grande, de tamaño pequeño"),
    places=_table(
        PLACES,
        "en el centro, arriba, abajo, a la izquierda, a la derecha, arriba a la izquierda, arriba a la derecha, "
        "abajo a la izquierda, abajo a la derecha",
    ),
    numbers={2: "dos", 3: "tres", 4: "cuatro"},
    thing="{article} {noun} {size} de color {colour}",
    many="{number} {noun} de color {colour}",
    ground="{texture} de color {colour}",
    sentences={
        "alone": ("{a} {place}", "{big} sobre {ground}", "{big} {place}"),
        "row": ("{many} en fila", "{many} en fila sobre {ground}"),
        "column": ("{many} en columna", "{many} en columna sobre {ground}"),
        "beside": ("{a} a la izquierda de {b}", "{b} a la derecha de {a}", "{a} y {b} sobre {ground}"),
        "above": ("{a} encima de {b}", "{b} debajo de {a}", "{a} y {b} sobre {ground}"),
    },
)

CHINESE = Language(
    weight=10,
    nouns=_nouns(
        one="圆形 方块 三角形 星星 心形 箭头 十字 月亮 房子 树 鱼 花",
        many="圆形 方块 三角形 星星 心形 箭头 十字 月亮 房子 树 鱼 花",
        articles="一个 一个 一个 一个 一个 一个 一个 一个 一个 一个 一个 一个",
    ),
    colours=_table(COLOURS, "红色, 黄色, 绿色, 蓝色, 紫色, 棕色, 黑色, 白色"),
    textures=_table(TEXTURES, "条纹, 波浪, 圆点, 方格, 云彩"),
    sizes=_table(SIZES, "很大的, 很小的"),
    places=_table(PLACES, "中间, 上面, 下面, 左边, 右边, 左上角, 右上角, 左下角, 右下角"),
    numbers={2: "两", 3: "三", 4: "四"},
    thing="{article}{size}{colour}的{noun}",
    many="{number}个{colour}的{noun}",
    ground="{colour}的{texture}",
    sentences={
        "alone": ("{place}有{a}", "{a},背景是{ground}", "{place}有{big}"),
        "row": ("{many}排成一行", "{many}排成一行,背景是{ground}"),
        "column": ("{many}排成一列", "{many}排成一列,背景是{ground}"),
        "beside": ("左边{a},右边{b}", "{a}和{b}"),
        "above": ("上面{a},下面{b}", "{a}和{b}"),
    },
)

LANGUAGES = (ENGLISH, GERMAN, SPANISH, CHINESE)
