package io.streamsocial.processor.offline;

/** What one account of a row says of the state's. */
enum RowVerdict {
  EQUAL,
  UNPROVEN,
  DIFFERENT
}
