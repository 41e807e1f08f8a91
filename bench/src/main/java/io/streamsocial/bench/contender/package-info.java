/** The same job done by our engine, by Kafka Streams and by the least that any solution must do. */
@NullMarked
package io.streamsocial.bench.contender;

import org.jspecify.annotations.NullMarked;
