package io.streamsocial.processor;

/**
 * What is counted: one row.
 *
 * @param region "" for all regions together
 */
record CountKey(long windowStartMs, String region, String tag) {}
