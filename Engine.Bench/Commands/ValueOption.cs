using System.CommandLine;
using System.CommandLine.Parsing;
using Engine.RL;

namespace Engine.Bench.Commands;

/// <summary>An option that says its default itself.</summary>
internal interface IValueOption
{
    /// <summary>Puts the default into the description, for a help that is about to be printed.</summary>
    void DescribeDefault();
}

/// <summary>
/// An option whose values are read in one way everywhere. The library's own would take 1,5 for fifteen, and would print 1|5|10 for the
/// default 1,5,10.
/// </summary>
internal sealed class ValueOption<T> : Option<T>, IValueOption
{
    private readonly T _fallback;

    public ValueOption(string name, string description, T fallback, Func<ArgumentResult, T?> parse)
        : base(name)
    {
        _fallback = fallback;
        Description = description;
        DefaultValueFactory = _ => fallback;
        CustomParser = parse;
    }

    public void DescribeDefault()
    {
        string text = _fallback is Array values ? string.Join(',', values.Cast<object>().Select(Setting.Text)) : Setting.Text(_fallback);
        if (text.Length > 0)
            Description += $" [default: {text}]";
        DefaultValueFactory = null;
    }
}
