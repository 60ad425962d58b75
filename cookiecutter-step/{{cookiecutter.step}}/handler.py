"""{{ cookiecutter.title }}

{{ cookiecutter.__origin }}
"""

{{ cookiecutter.__imports }}
{{ cookiecutter.__before }}
step = delivery.Step(
    project="{{ cookiecutter.project }}",
    name="{{ cookiecutter.step }}",
    {{ cookiecutter.__outputs }},
    {{ cookiecutter.__errors }},
)


def init_context(context):
    """Build the model once per worker; an error here keeps the worker from starting."""
    step.open(context)
    {{ cookiecutter.__model }}


def handler(context, event):
    """Deliver one record. What happens when something fails is said in `delivery`."""
    step.deliver(context, event, process)


def process(context, message):
    """The methods in their order; None ends the step without output."""
    model = context.user_data.model
{% if cookiecutter.__incoming %}
    {{ cookiecutter.__incoming }}
{% endif %}
{% set methods = cookiecutter.methods.split() %}
{% for method in methods[:-1] %}
    message = model.{{ method }}(context, message){{ "  # fmt: skip" if method | length > 50 else "" }}
    if message is None:
        return None
{% endfor %}
    {{ cookiecutter.__last }}
{% if cookiecutter.__wanted %}


{{ cookiecutter.__wanted }}
{% endif %}
