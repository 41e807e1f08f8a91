/**
 * The figures of an engine as Micrometer's meters, for any registry: {@link
 * io.streamsocial.processor.metrics.EngineMetrics} has all of them. Only this room needs
 * Micrometer, which is an optional dependency of the module.
 */
@NullMarked
package io.streamsocial.processor.metrics;

import org.jspecify.annotations.NullMarked;
