"""The languages, a module each, by its code: `LANGUAGE` is a `codecs.dates.language.Language`. Tables; what a class means is said there."""
