/**
 * What a program says to have something counted: a {@link io.streamsocial.processor.views.View}
 * with its windows and fields, and the {@link io.streamsocial.processor.views.Extractor} that makes
 * emissions of a record. Nothing here knows how they are counted.
 *
 * <p>Uses nothing else of the module, so that its configuration may name views.
 */
@NullMarked
package io.streamsocial.processor.views;

import org.jspecify.annotations.NullMarked;
