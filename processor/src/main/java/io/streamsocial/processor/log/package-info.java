/**
 * The formats of the engine's records in Kafka, one class each with its layout: the packed shuffle
 * record, the changelog and its checkpoint header, the input progress; and the {@link
 * io.streamsocial.processor.log.Combiner}, which folds mentions until they are packed.
 *
 * <p>No consumer and no producer: the loop sends and reads. What members of the group tell each
 * other is in {@code group}, the rows on disk are in the module {@code store}.
 */
@NullMarked
package io.streamsocial.processor.log;

import org.jspecify.annotations.NullMarked;
