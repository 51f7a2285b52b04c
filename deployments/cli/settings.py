"""The command that shows what is set."""

from deployments.exit_codes import Exit


def show_settings() -> int:
    """Print the settings in force: variable, value (secrets masked) and meaning."""
    from rich.console import Console
    from rich.table import Table

    from deployments.cli.markup import plain
    from frontispiece.addresses import shown
    from frontispiece.settings import load_settings, variable

    settings = load_settings()
    table = Table("setting", "value", "meaning", box=None, header_style="bold")
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        table.add_row(variable(name), plain(",".join(shown(str(each)) for each in values)), field.description)
    Console().print(table)
    return Exit.DONE
