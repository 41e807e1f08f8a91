/** What all commands share: arguments, output, exit codes, shutdown. */
@NullMarked
package io.streamsocial.cli.shell;

import org.jspecify.annotations.NullMarked;
