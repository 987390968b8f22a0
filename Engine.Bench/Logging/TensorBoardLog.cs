using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Logging;

/// <summary>The rows of a run as TensorBoard shows them: each method and seed is a run, their numbers are scalars.</summary>
/// <param name="folderOf">The folder of a row's run, which is its name.</param>
/// <param name="columns">The names of a row's numbers; if frames are among them, these are the steps, else iterations.</param>
/// <param name="settings">What was asked for, a JSON object.</param>
internal sealed class TensorBoardLog(Func<MetricRow, string> folderOf, IReadOnlyList<string> columns, string settings) : IRunLog
{
    private readonly int _frames = columns.ToList().IndexOf("frames");
    private readonly Dictionary<string, EventFile> _files = [];
    private IReadOnlyList<MetricRow> _before = [];
    private int _count;

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<MetricRow> rows) => _before = rows;

    /// <inheritdoc/>
    public void Add(MetricRow row)
    {
        if (_before.Count > 0)
            GoOn();
        Write(row);
    }

    /// <inheritdoc/>
    public void Settle(IReadOnlyList<MetricRow> rows)
    {
        if (_files.Count == 0 || rows.Count == _count)
            return;

        // The row at the former end of a run that was made longer has gone.
        Dispose();
        _files.Clear();
        _before = rows;
        GoOn();
    }

    /// <inheritdoc/>
    public void Complete()
    {
        foreach (var file in _files.Values)
            file.AddEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    /// <summary>Puts the figures of an experiment into a file of events of its own, in place of those before.</summary>
    /// <param name="folder">The folder of the experiment.</param>
    /// <param name="files">The files that it has written; those that are figures are shown.</param>
    public static void ShowFigures(RunFolder folder, IEnumerable<string> files)
    {
        foreach (string old in Directory.GetFiles(folder.Location, EventFile.Names))
            File.Delete(old);
        using var file = new EventFile(folder.Location);
        foreach (string figure in files.Where(name => Path.GetExtension(name) == ".png" && folder.Has(name)))
            file.AddImage(Path.GetFileNameWithoutExtension(figure), File.ReadAllBytes(folder.PathOf(figure)));
    }

    private long Step(MetricRow row) => _frames < 0 ? row.Iteration : (long)row.Values[_frames];

    // What other files may have of the run is void: they may lack rows, or have some of which there is no checkpoint.
    private void GoOn()
    {
        var rows = _before;
        (_before, _count) = ([], 0);
        foreach (var first in rows.DistinctBy(folderOf))
            _files.Add(folderOf(first), Open(first));
        foreach (var row in rows)
            Write(row);
    }

    private void Write(MetricRow row)
    {
        string folder = folderOf(row);
        if (!_files.TryGetValue(folder, out var file))
            _files.Add(folder, file = Open(row));
        file.AddScalars(Step(row), columns.Zip(row.Values).Where(scalar => !double.IsNaN(scalar.Second)));
        _count++;
    }

    private EventFile Open(MetricRow row)
    {
        string folder = folderOf(row);
        var file = new EventFile(folder, startsAnew: Directory.Exists(folder) && Directory.GetFiles(folder, EventFile.Names).Length > 0);
        var json = JsonNode.Parse(settings)!.AsObject();
        file.AddText("settings", $"```json\n{Json.Write(json)}```\n");
        (json["method"], json["seed"]) = (row.Method, (double)row.Seed);
        file.AddHyperParameters(Flat(json));
        return file;
    }

    // Texts, numbers and truth values by their names, lists as texts; what is not set is left out.
    private static IEnumerable<(string Name, JsonValue Value)> Flat(JsonObject json)
        => json.SelectMany(setting => setting.Value switch
        {
            JsonObject inner => Flat(inner),
            JsonArray list => [(setting.Key, JsonValue.Create(string.Join(',', list.Select(item => item?.ToString()))))],
            JsonValue value => [(setting.Key, value)],
            _ => Enumerable.Empty<(string, JsonValue)>(),
        });
}
