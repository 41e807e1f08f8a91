/** Commands that work on state without a running instance. */
@NullMarked
package io.streamsocial.cli.state;

import org.jspecify.annotations.NullMarked;
