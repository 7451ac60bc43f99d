"""Captions of a scene: a few different sentences, of more or less detail, in several languages."""

from __future__ import annotations

from random import Random

from pipeline.sample.languages import LANGUAGES, Language
from pipeline.sample.scenes import Scene, Thing

WEIGHTS = [language.weight for language in LANGUAGES]


def captions(scene: Scene, random: Random) -> list[str]:
    """Two to four different captions of `scene`, 3 to 20 words each."""
    wanted = random.choices((2, 3, 4), weights=(50, 35, 15))[0]
    told: list[str] = []
    while len(told) < wanted:
        language = random.choices(LANGUAGES, weights=WEIGHTS)[0]
        sentence = _fill(random.choice(language.sentences[scene.kind]), scene, language)
        if sentence not in told:
            told.append(sentence)
    return [_as_typed(sentence, random) for sentence in told]


def _fill(sentence: str, scene: Scene, language: Language) -> str:
    first, last = scene.things[0], scene.things[-1]
    ground = language.ground.format(colour=language.colours[scene.ground], texture=language.textures[scene.texture])
    return sentence.format(
        a=_one(first, language),
        b=_one(last, language),
        big=_one(first, language, scene.size),
        many=_many(first, len(scene.things), language),
        place=language.places.get(scene.place, ""),
        ground=ground,
    )


def _one(thing: Thing, language: Language, size: str = "") -> str:
    """A thing with its article and colour, and its size if given."""
    noun, colour = language.nouns[thing.shape], language.colours[thing.colour]
    adjective = language.sizes.get(size, "").format(ending=noun.ending)
    text = language.thing.format(article=noun.article, size=adjective, colour=colour, ending=noun.ending, noun=noun.one)
    return " ".join(text.split())


def _many(thing: Thing, copies: int, language: Language) -> str:
    """Several copies of a thing; '' if there is one."""
    number = language.numbers.get(copies, "")
    noun, colour = language.nouns[thing.shape], language.colours[thing.colour]
    return language.many.format(number=number, colour=colour, Colour=colour.capitalize(), noun=noun.many)


def _as_typed(sentence: str, random: Random) -> str:
    """The sentence as people type it: some begin with a capital letter, some end with a full stop."""
    if random.random() < 0.4:
        sentence = sentence[0].upper() + sentence[1:]
    return sentence + "." if random.random() < 0.2 else sentence
