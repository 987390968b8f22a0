using System.Text.Json;
using Engine.Bench.Output;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Experiments;

namespace Engine.Bench.Runs;

/// <summary>Snapshots of experiments as checkpoint files. They hold all rows of metrics.</summary>
internal static class SnapshotFile
{
    private const string RowsTensor = "rows";

    /// <summary>Writes a snapshot as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="settings">The experiment's settings, a JSON object.</param>
    public static void Save(string path, ExperimentSnapshot snapshot, string settings)
    {
        string[] methods = [.. snapshot.Rows.Select(row => row.Method).Distinct()];
        int width = snapshot.Rows.Count == 0 ? 3 : 3 + snapshot.Rows[0].Values.Length;
        double[] numbers = [.. snapshot.Rows.SelectMany(
            row => (double[])[Array.IndexOf(methods, row.Method), row.Seed, row.Iteration, .. row.Values])];
        var rows = StoredTensor.Of<double>([snapshot.Rows.Count, width], numbers);
        var tensors = snapshot.Tensors.Append(KeyValuePair.Create(RowsTensor, rows));
        string progress = JsonSerializer.Serialize(new Position(snapshot.Part, snapshot.Iteration, methods), Json.Options);
        Checkpoint.Save(path, tensors, settings, progress);
    }

    /// <summary>Reads a snapshot, and the settings it was saved with.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or no snapshot.</exception>
    public static (ExperimentSnapshot Snapshot, string Settings) Load(string path)
    {
        var checkpoint = Checkpoint.Load(path);
        if (Read(checkpoint.Progress) is not { } position
            || !checkpoint.Tensors.TryGetValue(RowsTensor, out var stored)
            || stored is not { Type: ElementType.Float64, Shape: [var count, >= 3 and var width] })
        {
            throw new InvalidDataException($"{path} is no checkpoint of an experiment: it has no metrics.");
        }

        var numbers = stored.Elements<double>();
        var rows = new MetricRow[count];
        for (int i = 0; i < count; i++)
        {
            var row = numbers.Slice(i * width, width);
            if (!(row[0] >= 0 && row[0] < position.Methods.Length))
                throw new InvalidDataException($"{path}: row {i} of its metrics is of no method that it names.");
            rows[i] = new MetricRow(position.Methods[(int)row[0]], (int)row[1], (int)row[2], row[3..].ToArray());
        }

        var tensors = checkpoint.Tensors.Where(tensor => tensor.Key != RowsTensor).ToDictionary();
        return (new ExperimentSnapshot(tensors, position.Part, position.Iteration, rows), checkpoint.Settings);
    }

    private static Position? Read(string progress)
    {
        try
        {
            return JsonSerializer.Deserialize<Position>(progress, Json.Options) is { Methods: { } methods } position
                && !methods.Contains(null!) ? position : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Position(int Part, int Iteration, string[] Methods);
}
