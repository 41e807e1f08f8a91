/** Options that several commands share. */
@NullMarked
package io.streamsocial.cli.options;

import org.jspecify.annotations.NullMarked;
