/**
 * Everything about the brokers but the records: the clients with their settings, the checks of
 * topics and access at the start, the translation of a refusal into the command that allows it, and
 * the watch that notices when no broker answers.
 *
 * <p>{@link io.streamsocial.processor.kafka.KafkaClients} is the seam at which tests put a Kafka in
 * memory. No task and no format is known here.
 */
@NullMarked
package io.streamsocial.processor.kafka;

import org.jspecify.annotations.NullMarked;
