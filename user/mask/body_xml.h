/* body_xml.h: text as XML writes it. Pure. */
#ifndef MASK_BODY_XML_H
#define MASK_BODY_XML_H

#include "out.h"
#include "span.h"

/* What a piece between tags, or the value of an attribute, stands for; appended. False: an entity
 * that only a DTD could explain, or no character. */
bool xml_read(struct span raw, struct out *);
void xml_write(struct span text, struct out *);
/* Only characters of XML 1.0, in UTF-8? */
bool xml_is_text(struct span);
static inline bool
xml_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
/* How many bytes the name at the front has; 0: none. */
size_t xml_name(struct span);

#endif
