/** Clients of a real Kafka, and checks of topics, access and reachability. */
@NullMarked
package io.streamsocial.processor.kafka;

import org.jspecify.annotations.NullMarked;
