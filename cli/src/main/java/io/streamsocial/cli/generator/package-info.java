/** Posts that are made up, and their way to Kafka. */
@NullMarked
package io.streamsocial.cli.generator;

import org.jspecify.annotations.NullMarked;
