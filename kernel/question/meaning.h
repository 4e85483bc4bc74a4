/* meaning - fields by what they mean, turned into the columns of a table version and the functions
 * of an engine. */
#ifndef COFFERDAM_QUESTION_MEANING_H
#define COFFERDAM_QUESTION_MEANING_H

#include "base/buf.h"

/* Appends the SQL of a word from a question ("key", "ok", "request:$.bucketName",
   "unmapped:tlsDetails.tlsVersion") for the local engine over version 2 columns. False if the word
   is not a field. */
bool meaning_write(const char *word, size_t size, struct buf *out);

#endif
