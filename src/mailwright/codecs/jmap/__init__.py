"""JMAP on the wire: request objects, references between calls, patches, dates. Pure: JSON in, typed values or errors out."""
