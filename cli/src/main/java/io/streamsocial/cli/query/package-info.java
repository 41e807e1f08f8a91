/** Commands that ask a running instance. */
@NullMarked
package io.streamsocial.cli.query;

import org.jspecify.annotations.NullMarked;
