"""What becomes of messages in step `{{ cookiecutter.step }}`, on a v3io in memory."""

MESSAGE = {{ '{' }}{{ cookiecutter.partition_key | tojson }}: "a-1"}


{% set inputs = cookiecutter.inputs.split(',') | map('trim') | select | list %}
{% set outputs = cookiecutter.outputs.split(',') | map('trim') | select | list %}
def test_a_message_comes_through(v3io):
{% for name in inputs %}
    v3io.put("{{ name }}", [MESSAGE])
{% endfor %}
    v3io.run("{{ cookiecutter.step }}")
{% for name in outputs %}
    assert len(v3io.records("{{ name }}")) == {{ inputs | length }}
{% endfor %}
{% if cookiecutter.error_stream and cookiecutter.error_stream not in inputs + outputs %}
    assert v3io.records("{{ cookiecutter.error_stream }}") == []
{% endif %}
