/** The engine's words: configuration, status, roles, names of topics, and what is refused. */
@NullMarked
package io.streamsocial.processor;

import org.jspecify.annotations.NullMarked;
