/**
 * The records in Kafka: packed shuffle records, the changelog, progress; and the combiner that
 * fills them.
 */
@NullMarked
package io.streamsocial.processor.log;

import org.jspecify.annotations.NullMarked;
