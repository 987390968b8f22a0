using System.CommandLine;
using System.CommandLine.Completions;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>The options of a command that computes on one device, and keeps no file of settings.</summary>
internal sealed class DeviceOptions
{
    /// <summary>More threads than any processor has.</summary>
    public const int MostThreads = 1024;

    private readonly Option<string> _device = Device();
    private readonly Option<int> _threads = Threads();

    /// <summary>Adds the options to a command.</summary>
    public DeviceOptions(Command command)
    {
        command.Add(_device);
        command.Add(_threads);
    }

    /// <summary>Makes --device NAME.</summary>
    public static Option<string> Device()
    {
        var option = Options.Of("--device", "The device that computes; 'engine devices' lists them.", "cpu");
        option.HelpName = "NAME";
        option.CompletionSources.Add(_ => Kernels.Device.Names.Select(name => new CompletionItem(name)));
        return option;
    }

    /// <summary>Makes --threads N.</summary>
    public static Option<int> Threads() => Options.Number("--threads", "Threads of the processor, 0 for all cores.", 0, 0, MostThreads);

    /// <summary>Opens --device.</summary>
    /// <exception cref="UserError">There is no such device here.</exception>
    public Device Open(ParseResult parsed)
        => CommonOptions.OpenDevice(new RunConfig<object>(new object(), parsed.GetValue(_device)!, parsed.GetValue(_threads)));
}
