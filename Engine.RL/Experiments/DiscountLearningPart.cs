using Engine.Core.Files;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>One method's part of <see cref="DiscountLearning"/>: how far it has come, and what it needs to go on.</summary>
/// <param name="method">The method.</param>
internal sealed class DiscountLearningPart(MetaGradientMethod method)
{
    private const string IterationTensor = "iteration";

    /// <summary>The method.</summary>
    public MetaGradientMethod Method { get; } = method;

    /// <summary>Its metrics.</summary>
    public List<MetricRow> Rows { get; } = [];

    /// <summary>Its learners; null if it has not begun.</summary>
    public IReadOnlyDictionary<string, StoredTensor>? State { get; set; }

    /// <summary>Meta-updates that they have made.</summary>
    public int Iteration { get; set; }

    /// <summary>The parts of an experiment, as they are in a snapshot if there is one.</summary>
    public static IReadOnlyList<DiscountLearningPart> Of(IReadOnlyList<string> methods, ExperimentSnapshot? start)
    {
        DiscountLearningPart[] parts = [.. methods.Select(name => new DiscountLearningPart(MetaGradientMethod.Parse(name)))];
        if (start is null)
            return parts;
        var rows = start.Rows.ToLookup(row => row.Method);
        foreach (var (number, part) in parts.Index())
        {
            part.Rows.AddRange(rows[part.Method.Name]);
            if (number == start.Part)
                (part.State, part.Iteration) = (Under("", start.Tensors), start.Iteration);
            else if (start.Tensors.TryGetValue(Prefix(number) + IterationTensor, out var iteration))
                (part.State, part.Iteration) = (Under(Prefix(number), start.Tensors), iteration.Elements<int>()[0]);
            else if (number < start.Part) // of an earlier version, which kept nothing of a part that was done
                part.Iteration = part.Rows[^1].Iteration + 1;
        }

        return parts;
    }

    /// <summary>A snapshot while one part is under way: its tensors have plain names, those of others a number in front.</summary>
    public static ExperimentSnapshot Snapshot(
        IReadOnlyList<DiscountLearningPart> parts, int current, IReadOnlyDictionary<string, StoredTensor> state, int iteration)
    {
        var tensors = new OrderedDictionary<string, StoredTensor>(state);
        foreach (var (number, part) in parts.Index().Where(each => each.Index != current && each.Item.State is not null))
        {
            tensors.Add(Prefix(number) + IterationTensor, StoredTensor.Of<int>([1], [part.Iteration]));
            foreach (var (name, tensor) in part.State!)
                tensors.Add(Prefix(number) + name, tensor);
        }

        return new(tensors, current, iteration, [.. parts.SelectMany(part => part.Rows)]);
    }

    private static string Prefix(int number) => FormattableString.Invariant($"{number}.");

    private static Dictionary<string, StoredTensor> Under(string prefix, IReadOnlyDictionary<string, StoredTensor> tensors)
        => tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(tensor => KeyValuePair.Create(tensor.Key[prefix.Length..], tensor.Value))
            .Where(tensor => tensor.Key != IterationTensor && !char.IsDigit(tensor.Key[0]))
            .ToDictionary();
}
