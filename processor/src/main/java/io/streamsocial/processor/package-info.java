/** The engine: posts in, trends out, state in between. */
@NullMarked
package io.streamsocial.processor;

import org.jspecify.annotations.NullMarked;
