/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "ctl.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line of a descriptor, without its end; NULL if it is too long or there is none. */
static char *
ctl_passphrase_read_line(int fd)
{
	char line[CTL_PASSPHRASE_BYTES_MAX + 1] = {0};
	gsize length = 0;
	char *text = NULL;
	gssize count = 1;

	while (length < sizeof line && (count = read(fd, line + length, 1)) == 1 &&
	       line[length] != '\n')
		length++;
	if (count >= 0 && length > 0 && length < sizeof line)
		text = g_strndup(line, length);
	explicit_bzero(line, sizeof line);
	return text;
}

static char *
ctl_passphrase_ask(const char *prompt)
{
	struct termios shown;
	struct termios hidden;
	char *text = NULL;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return NULL;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	g_printerr("%s", prompt);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	text = ctl_passphrase_read_line(STDIN_FILENO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	g_printerr("\n");
	return text;
}

void
ctl_passphrase_free(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	g_free(text);
}

char *
ctl_passphrase_get(int fd)
{
	char *once = NULL;
	char *twice = NULL;

	if (fd >= 0)
		return ctl_passphrase_read_line(fd);
	if (!isatty(STDIN_FILENO))
		return NULL;
	once = ctl_passphrase_ask("Passphrase: ");
	twice = ctl_passphrase_ask("Again: ");
	if (once != NULL && g_strcmp0(once, twice) != 0)
		g_clear_pointer(&once, ctl_passphrase_free);
	ctl_passphrase_free(twice);
	return once;
}
