/**
 * Made-up posts and their way to Kafka, for {@code demo} and {@code generate}: the same seed gives
 * the same posts, so a test can recompute their counts.
 *
 * <p>It is a producer like any other, and knows nothing of how posts are counted.
 */
@NullMarked
package io.streamsocial.cli.generator;

import org.jspecify.annotations.NullMarked;
