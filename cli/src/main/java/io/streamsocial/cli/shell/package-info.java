/**
 * What every command shares: the interface of a command, its output and progress, exit codes, the
 * environment as defaults of options, tables, and an orderly shutdown.
 *
 * <p>No option and no command of the product is known here.
 */
@NullMarked
package io.streamsocial.cli.shell;

import org.jspecify.annotations.NullMarked;
